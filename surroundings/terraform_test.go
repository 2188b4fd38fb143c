package surroundings

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"airlock"
	"airlock/infra/terraform"
	"airlock/internal/awsconf"
	"airlock/signer/presign"
)

func renderedModule(t *testing.T) map[string]terraform.Case {
	t.Helper()
	cases, err := terraform.Rendered()
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) < 3 {
		t.Fatalf("%d renderings of the Terraform module", len(cases))
	}
	return cases
}

func set[T any](v T) Answer[T] { return Answer[T]{Value: &v} }

// settings are what Read would find after an apply.
func settings(t *testing.T, c terraform.Case) Settings {
	t.Helper()
	bucket := func(name string) Bucket {
		b := Bucket{
			Public: set(*c.Public(name)), Ownership: set(c.Ownership(name)), Versioning: set(c.Versioning(name)), Lifecycle: set(c.Lifecycle(name)),
			Policy: readPolicy(nil, func() string { return c.Policy(name) }),
		}
		if name == "quarantine" {
			b.CORS, b.Notification = set(c.CORS()), set(c.Notification())
		}
		return b
	}
	queue := func(which string) (q Queue) {
		name, a := c.Queue(which)
		seconds := func(attribute string) time.Duration {
			n, _ := strconv.Atoi(a[attribute])
			return time.Duration(n) * time.Second
		}
		q = Queue{
			ARN: "arn:aws:sqs:us-east-1:123456789012:" + name, RedriveAllow: a["RedriveAllowPolicy"], Policy: readPolicy(nil, func() string { return a["Policy"] }),
			Visibility: seconds("VisibilityTimeout"), Wait: seconds("ReceiveMessageWaitTimeSeconds"), Retention: seconds("MessageRetentionPeriod"),
		}
		q.DLQ, q.MaxReceives, q.Err = awsconf.ParseRedrive(a["RedrivePolicy"])
		return q
	}
	s := Settings{Quarantine: bucket("quarantine"), Clean: bucket("clean"), Queue: queue("uploads"), DLQ: queue("dlq")}
	if env := c.Outputs.Env; env["AIRLOCK_QUARANTINE_BUCKET"] == env["AIRLOCK_CLEAN_BUCKET"] {
		s.Clean = s.Quarantine
	}
	return s
}

func need(c terraform.Case) Need {
	env := c.Outputs.Env
	return Need{
		Places: Places{
			Quarantine: airlock.Zone{Bucket: env["AIRLOCK_QUARANTINE_BUCKET"], Prefix: env["AIRLOCK_QUARANTINE_PREFIX"]},
			Clean:      airlock.Zone{Bucket: env["AIRLOCK_CLEAN_BUCKET"], Prefix: env["AIRLOCK_CLEAN_PREFIX"]},
			QueueURL:   env["AIRLOCK_QUEUE_URL"],
		},
		LongestExpiry: airlock.MaxExpires, AWS: true,
	}
}

// doctor has nothing to say about what the Terraform module makes, with the longest URLs.
func TestTheTerraformModuleMakesWhatDoctorAsksFor(t *testing.T) {
	for name, c := range renderedModule(t) {
		var checked []string
		for _, f := range Judge(need(c), settings(t, c)) {
			checked = append(checked, f.Check)
			if f.State != OK {
				t.Errorf("%s: %+v", name, f)
			}
		}
		want := []string{
			"zones", "quarantine-bucket", "clean-bucket", "public-access", "ownership", "versioning", "lifecycle", "cors", "notification",
			"bucket-policy", "queue", "visibility", "redrive", "dlq", "queue-policy", "backlog",
		}
		if diff := cmp.Diff(want, checked); diff != "" {
			t.Errorf("%s: what was checked:\n%s", name, diff)
		}
	}
}

// Terraform and `airlock setup --aws` make the same, where both make it.
func TestTheTerraformModuleAndSetupAgree(t *testing.T) {
	for name, c := range renderedModule(t) {
		p := need(c).Places
		_, queue := c.Queue("uploads")
		_, dlq := c.Queue("dlq")
		for _, v := range []struct{ what, terraform, setup string }{
			{"visibility", queue["VisibilityTimeout"], seconds(visibility)},
			{"wait", queue["ReceiveMessageWaitTimeSeconds"], seconds(longPoll)},
			{"retention of the queue", queue["MessageRetentionPeriod"], seconds(queueRetention)},
			{"retention of the DLQ", dlq["MessageRetentionPeriod"], seconds(dlqRetention)},
			{"redrive", queue["RedrivePolicy"], redrivePolicy("arn:aws:sqs:us-east-1:123456789012:airlock-uploads-dlq")},
			{"redrive allowed", dlq["RedriveAllowPolicy"], redriveAllowPolicy("arn:aws:sqs:us-east-1:123456789012:airlock-uploads")},
		} {
			if v.terraform != v.setup {
				t.Errorf("%s: %s: Terraform %s, setup %s", name, v.what, v.terraform, v.setup)
			}
		}
		rule := c.CORS()[0]
		if diff := cmp.Diff(presign.SignedHeaders, rule.AllowedHeaders); diff != "" {
			t.Errorf("%s: what the signer signs and CORS allows:\n%s", name, diff)
		}
		if have, want := slices.Sorted(slices.Values(rule.ExposeHeaders)), slices.Sorted(slices.Values(exposed)); !slices.Equal(have, want) {
			t.Errorf("%s: exposed are %v, want %v", name, have, want)
		}
		if aws.ToInt32(rule.MaxAgeSeconds) != corsMaxAge {
			t.Errorf("%s: CORS answers hold for %d s", name, aws.ToInt32(rule.MaxAgeSeconds))
		}
		var events []string
		for _, e := range c.Notification()[0].Events {
			events = append(events, string(e))
		}
		if !slices.Equal(slices.Sorted(slices.Values(events)), slices.Sorted(slices.Values(wantedEvents))) {
			t.Errorf("%s: events %v, want %v", name, events, wantedEvents)
		}
		for i, want := range lifecycle(p, p.Quarantine.Bucket) {
			have := c.Lifecycle("quarantine")[i]
			have.NoncurrentVersionExpiration = nil // only Terraform reckons with a mistake of tomorrow
			if diff := cmp.Diff(document(want), document(have)); diff != "" {
				t.Errorf("%s: setup (-) and Terraform (+):\n%s", name, diff)
			}
		}
	}
}

// doctor would see each of these; it is no list that says yes to all.
func TestDoctorSeesWhereTheTerraformModuleWasChanged(t *testing.T) {
	c := renderedModule(t)["two_buckets"]
	for check, change := range map[string][]string{
		"lifecycle":     {`"days":15`, `"days":3`},
		"visibility":    {`"visibility_timeout_seconds":60`, `"visibility_timeout_seconds":5`},
		"dlq":           {`"message_retention_seconds":1209600`, `"message_retention_seconds":86400`},
		"cors":          {`"If-None-Match"`, `"X-Other"`},
		"notification":  {`"filter_prefix":"quarantine/"`, `"filter_prefix":"other/"`},
		"queue-policy":  {`\"aws:SourceArn\"`, `\"aws:Source\"`},
		"bucket-policy": {`s3:if-none-match`, `s3:if-match`},
		"public-access": {`"block_public_acls":true`, `"block_public_acls":false`},
		"ownership":     {`BucketOwnerEnforced`, `ObjectWriter`},
		"redrive":       {`\"maxReceiveCount\":10`, `\"maxReceiveCount\":1`},
	} {
		changed, err := c.As(change...)
		if err != nil {
			t.Fatal(err)
		}
		var bad []string
		for _, f := range Judge(need(c), settings(t, changed)) {
			if f.State != OK {
				bad = append(bad, f.Check)
			}
		}
		if !slices.Equal(bad, []string{check}) {
			t.Errorf("%s: doctor complains of %s", strings.Join(change, " -> "), bad)
		}
	}
}
