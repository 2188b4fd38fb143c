// Package terraform gives tests what the module beside it makes, in the words of the AWS SDK.
//
// The module is rendered by a real terraform or tofu, in paper/module_test.go, into
// tests/rendered.json. So a test can hold it against something else where there is no terraform.
package terraform

import (
	"crypto/sha256"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

//go:embed tests/rendered.json
var renderedJSON []byte

//go:embed *.tf
var sources embed.FS

// Rendered is what the module makes of some sets of variables, by the name of the set.
func Rendered() (map[string]Case, error) {
	var all struct {
		Sources string
		Cases   map[string]Case
	}
	if err := json.Unmarshal(renderedJSON, &all); err != nil {
		return nil, fmt.Errorf("read tests/rendered.json: %w", err)
	}
	names, err := fs.Glob(sources, "*.tf")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		text, err := sources.ReadFile(name)
		if err != nil {
			return nil, err
		}
		_, _ = sum.Write(text)
	}
	if fmt.Sprintf("%x", sum.Sum(nil)) != all.Sources {
		return nil, fmt.Errorf("infra/terraform has changed since tests/rendered.json: (cd infra/terraform/paper && go test . -run Rendered -update), for which infra/terraform/check.sh --install brings tofu")
	}
	return all.Cases, nil
}

// A Case is what was applied for one set of variables.
type Case struct {
	Resources map[string]json.RawMessage
	Outputs   struct {
		Env map[string]string
	}
}

// As is the same with other names in all of it: old, new, old, new.
func (c Case) As(oldnew ...string) (Case, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return c, err
	}
	var other Case
	return other, json.Unmarshal([]byte(strings.NewReplacer(oldnew...).Replace(string(text))), &other)
}

// resource finds a resource of this type and name, be it counted or not. The zero value is for one
// that is not made.
func resource[T any](c Case, kind, name string) (v T) {
	text, ok := c.Resources[kind+"."+name]
	if !ok {
		text = c.Resources[kind+"."+name+"[0]"]
	}
	if text != nil {
		if err := json.Unmarshal(text, &v); err != nil {
			panic(fmt.Sprintf("%s.%s in tests/rendered.json: %v", kind, name, err)) // our own file
		}
	}
	return v
}

// Public is a bucket's public access block; bucket is "quarantine" or "clean" here and below.
func (c Case) Public(bucket string) *s3types.PublicAccessBlockConfiguration {
	b := resource[struct {
		A bool `json:"block_public_acls"`
		B bool `json:"ignore_public_acls"`
		C bool `json:"block_public_policy"`
		D bool `json:"restrict_public_buckets"`
	}](c, "aws_s3_bucket_public_access_block", bucket)
	return &s3types.PublicAccessBlockConfiguration{BlockPublicAcls: &b.A, IgnorePublicAcls: &b.B, BlockPublicPolicy: &b.C, RestrictPublicBuckets: &b.D}
}

// Ownership says whether ACLs count.
func (c Case) Ownership(bucket string) s3types.ObjectOwnership {
	o := resource[struct {
		Rule []struct {
			Object string `json:"object_ownership"`
		}
	}](c, "aws_s3_bucket_ownership_controls", bucket)
	if len(o.Rule) == 0 {
		return ""
	}
	return s3types.ObjectOwnership(o.Rule[0].Object)
}

// Versioning is "" for a bucket that never had any.
func (c Case) Versioning(bucket string) s3types.BucketVersioningStatus {
	v := resource[struct {
		Is []struct{ Status string } `json:"versioning_configuration"`
	}](c, "aws_s3_bucket_versioning", bucket)
	if len(v.Is) == 0 {
		return ""
	}
	return s3types.BucketVersioningStatus(v.Is[0].Status)
}

// Lifecycle are a bucket's rules.
func (c Case) Lifecycle(bucket string) (rules []s3types.LifecycleRule) {
	l := resource[struct {
		Rule []struct {
			ID, Status string
			Filter     []struct{ Prefix string }
			Abort      []struct {
				Days int32 `json:"days_after_initiation"`
			} `json:"abort_incomplete_multipart_upload"`
			Expiration []struct{ Days int32 }
			Noncurrent []struct {
				Days int32 `json:"noncurrent_days"`
			} `json:"noncurrent_version_expiration"`
		}
	}](c, "aws_s3_bucket_lifecycle_configuration", bucket)
	for _, r := range l.Rule {
		made := s3types.LifecycleRule{ID: &r.ID, Status: s3types.ExpirationStatus(r.Status), Filter: &s3types.LifecycleRuleFilter{Prefix: &r.Filter[0].Prefix}}
		for _, a := range r.Abort {
			made.AbortIncompleteMultipartUpload = &s3types.AbortIncompleteMultipartUpload{DaysAfterInitiation: &a.Days}
		}
		for _, e := range r.Expiration {
			made.Expiration = &s3types.LifecycleExpiration{Days: &e.Days}
		}
		for _, n := range r.Noncurrent {
			made.NoncurrentVersionExpiration = &s3types.NoncurrentVersionExpiration{NoncurrentDays: &n.Days}
		}
		rules = append(rules, made)
	}
	return rules
}

// CORS are the quarantine bucket's rules.
func (c Case) CORS() (rules []s3types.CORSRule) {
	all := resource[struct {
		Rule []struct {
			Methods []string `json:"allowed_methods"`
			Origins []string `json:"allowed_origins"`
			Headers []string `json:"allowed_headers"`
			Exposed []string `json:"expose_headers"`
			MaxAge  int32    `json:"max_age_seconds"`
		} `json:"cors_rule"`
	}](c, "aws_s3_bucket_cors_configuration", "quarantine")
	for _, r := range all.Rule {
		rules = append(rules, s3types.CORSRule{AllowedMethods: r.Methods, AllowedOrigins: r.Origins, AllowedHeaders: r.Headers, ExposeHeaders: r.Exposed, MaxAgeSeconds: &r.MaxAge})
	}
	return rules
}

// Notification is whom the quarantine bucket tells of what.
func (c Case) Notification() (queues []s3types.QueueConfiguration) {
	n := resource[struct {
		Queue []struct {
			ID     string
			ARN    string `json:"queue_arn"`
			Events []s3types.Event
			Prefix string `json:"filter_prefix"`
		}
	}](c, "aws_s3_bucket_notification", "quarantine")
	for _, q := range n.Queue {
		queues = append(queues, s3types.QueueConfiguration{Id: &q.ID, QueueArn: &q.ARN, Events: q.Events, Filter: &s3types.NotificationConfigurationFilter{
			Key: &s3types.S3KeyFilter{FilterRules: []s3types.FilterRule{{Name: s3types.FilterRuleNamePrefix, Value: &q.Prefix}}},
		}})
	}
	return queues
}

// Policy is a bucket's policy (JSON), or "".
func (c Case) Policy(bucket string) string {
	return resource[struct{ Policy string }](c, "aws_s3_bucket_policy", bucket).Policy
}

// Queue is a queue's name and what SQS's SetQueueAttributes takes; queue is "uploads" or "dlq".
func (c Case) Queue(queue string) (name string, attributes map[string]string) {
	q := resource[struct {
		Name       string
		Visibility *int   `json:"visibility_timeout_seconds"`
		Wait       *int   `json:"receive_wait_time_seconds"`
		Retention  *int   `json:"message_retention_seconds"`
		Redrive    string `json:"redrive_policy"`
	}](c, "aws_sqs_queue", queue)
	attributes = map[string]string{}
	for name, n := range map[string]*int{"VisibilityTimeout": q.Visibility, "ReceiveMessageWaitTimeSeconds": q.Wait, "MessageRetentionPeriod": q.Retention} {
		if n != nil {
			attributes[name] = strconv.Itoa(aws.ToInt(n))
		}
	}
	for name, text := range map[string]string{
		"RedrivePolicy": q.Redrive, "Policy": resource[struct{ Policy string }](c, "aws_sqs_queue_policy", queue).Policy,
		"RedriveAllowPolicy": resource[struct {
			Policy string `json:"redrive_allow_policy"`
		}](c, "aws_sqs_queue_redrive_allow_policy", queue).Policy,
	} {
		if text != "" {
			attributes[name] = text
		}
	}
	return q.Name, attributes
}
