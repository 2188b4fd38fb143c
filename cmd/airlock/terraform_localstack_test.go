package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"
	natsserver "github.com/nats-io/nats-server/v2/server"

	"airlock/infra/devstack/stacktest"
	"airlock/infra/terraform"
)

// TestTheTerraformModuleWorksOnLocalStack makes there what the module makes, setting by setting, and
// runs airlock in the environment that it prints: doctor finds nothing, uploads come through.
func TestTheTerraformModuleWorksOnLocalStack(t *testing.T) {
	if !stacktest.Elsewhere() {
		t.Skip("needs LocalStack: infra/localstack/run.sh go test ./cmd/airlock -run Terraform")
	}
	cases, err := terraform.Rendered()
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.NewString()[:8]
	module, err := cases["two_buckets"].As("airlock-quarantine", "in-"+id, "airlock-clean", "out-"+id, "airlock-uploads", "uploads-"+id,
		"https://sqs.us-east-1.amazonaws.com/123456789012", stack.SQSEndpoint+"/000000000000", "123456789012", "000000000000")
	if err != nil {
		t.Fatal(err)
	}
	places := module.Outputs.Env
	applyQueues(t, module)
	applyBucket(t, module, "quarantine", places["AIRLOCK_QUARANTINE_BUCKET"])
	applyBucket(t, module, "clean", places["AIRLOCK_CLEAN_BUCKET"])

	nats := startNATS(t, &natsserver.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	changes := maps.Clone(places)
	maps.Copy(changes, map[string]string{
		"AIRLOCK_NATS_URL": nats.ClientURL(), "AIRLOCK_STREAM_MAX_BYTES": "67108864", "AIRLOCK_MIN_VISIBILITY": "", "AIRLOCK_METRICS_LISTEN": "127.0.0.1:0",
	})
	env := as(t, "validator", changes)
	for _, command := range []string{"setup", "doctor"} {
		var said lockedBuffer
		if code := run(t.Context(), []string{command}, streams{nil, &said, &said}); code != exitDone || strings.Contains(said.String(), "fix:") {
			t.Errorf("airlock %s: exit %d\n%s", command, code, said.String())
		}
	}
	pipelineWorks(t, append(env, "AIRLOCK_LISTEN=127.0.0.1:0", "AIRLOCK_INSECURE_NO_AUTH=true"), env)
}

func applyQueues(t *testing.T, module terraform.Case) {
	t.Helper()
	client, urls := rootSQS(), map[string]*string{}
	for _, which := range []string{"dlq", "uploads"} {
		name, _ := module.Queue(which)
		made, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
		if err != nil {
			t.Fatal(err)
		}
		urls[which] = made.QueueUrl
	}
	for which, url := range urls {
		_, attributes := module.Queue(which)
		if _, err := client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: attributes}); err != nil {
			t.Fatalf("%s: %v", which, err)
		}
	}
}

func applyBucket(t *testing.T, module terraform.Case, which, name string) {
	t.Helper()
	client := rootS3()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}))
	must(client.PutPublicAccessBlock(t.Context(), &s3.PutPublicAccessBlockInput{Bucket: &name, PublicAccessBlockConfiguration: module.Public(which)}))
	must(client.PutBucketOwnershipControls(t.Context(), &s3.PutBucketOwnershipControlsInput{Bucket: &name, OwnershipControls: &s3types.OwnershipControls{
		Rules: []s3types.OwnershipControlsRule{{ObjectOwnership: module.Ownership(which)}},
	}}))
	if status := module.Versioning(which); status != "" {
		must(client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: &name, VersioningConfiguration: &s3types.VersioningConfiguration{Status: status}}))
	}
	must(client.PutBucketLifecycleConfiguration(t.Context(), &s3.PutBucketLifecycleConfigurationInput{
		Bucket: &name, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{Rules: module.Lifecycle(which)},
	}))
	must(client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &name, Policy: aws.String(module.Policy(which))}))
	if which != "quarantine" {
		return
	}
	must(client.PutBucketCors(t.Context(), &s3.PutBucketCorsInput{Bucket: &name, CORSConfiguration: &s3types.CORSConfiguration{CORSRules: module.CORS()}}))
	must(client.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: &name, NotificationConfiguration: &s3types.NotificationConfiguration{QueueConfigurations: module.Notification()},
	}))
}
