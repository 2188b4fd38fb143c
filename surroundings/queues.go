package surroundings

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func queues(n Need, s Settings) []Finding {
	q := s.Queue
	switch {
	case errors.Is(q.Err, errNotAllowed):
		return []Finding{found("queue", Fail, q.Err.Error(), "grant sqs:GetQueueAttributes: the validator needs it too")}
	case errors.Is(q.Err, errGone):
		return []Finding{found("queue", Fail, n.QueueURL+" does not exist", "create it (Terraform on AWS, airlock setup --aws on a development endpoint), or correct --queue-url")}
	case q.Err != nil:
		return []Finding{found("queue", Fail, q.Err.Error(), "check --queue-url, AWS_ENDPOINT_URL, AWS_REGION and the credentials")}
	case strings.HasSuffix(q.ARN, ".fifo"):
		return []Finding{found("queue", Fail, "a FIFO queue: S3 cannot notify it", "use a standard queue")}
	}
	findings := []Finding{good("queue", "%s answers", n.QueueURL), visible(n, q), redrive(q)}
	if q.DLQ != "" {
		findings = append(findings, dlq(q, s.DLQ))
	}
	findings = append(findings, queuePolicy(n, q))
	if q.DLQ != "" && s.DLQ.Err == nil {
		findings = append(findings, backlog(s.DLQ))
	}
	return findings
}

func visible(n Need, q Queue) Finding {
	if q.Visibility < n.minVisibility() {
		return found("visibility", Fail, fmt.Sprintf("a received message is hidden for %s, below %s: work in hand would be given out twice", q.Visibility, n.minVisibility()),
			"set the queue's VisibilityTimeout to "+seconds(max(visibility, n.minVisibility())))
	}
	return good("visibility", "%s", q.Visibility)
}

func redrive(q Queue) Finding {
	const check = "redrive"
	fix := fmt.Sprintf("give the queue a RedrivePolicy to a dead-letter queue with maxReceiveCount %d", maxReceives)
	switch {
	case q.MaxReceives == 0:
		return found(check, Fail, "the queue has no redrive policy: poison would come back for ever", fix)
	case q.MaxReceives < 5:
		return found(check, Warn, fmt.Sprintf("a message is poison after %d receives: a short trouble of one validator could use them up", q.MaxReceives), fix)
	}
	return good(check, "after %d receives to %s", q.MaxReceives, q.DLQ[strings.LastIndexByte(q.DLQ, ':')+1:])
}

func dlq(q, d Queue) Finding {
	const check = "dlq"
	fix := "set its MessageRetentionPeriod to " + seconds(dlqRetention)
	var allow struct {
		Permission string    `json:"redrivePermission"`
		Sources    oneOrMany `json:"sourceQueueArns"`
	}
	if d.RedriveAllow != "" {
		if err := json.Unmarshal([]byte(d.RedriveAllow), &allow); err != nil {
			return unknown(check, fmt.Errorf("read its redrive-allow policy: %w", err))
		}
	}
	switch {
	case errors.Is(d.Err, errGone):
		return found(check, Fail, q.DLQ+" does not exist: poison would come back for ever", "create it, or correct the queue's RedrivePolicy")
	case d.Err != nil:
		return unknown(check, d.Err)
	case d.Retention < q.Retention:
		return found(check, Fail, fmt.Sprintf("it keeps messages %s, the queue %s: a message keeps its first time stamp, so it would be gone before anybody looks", days(d.Retention), days(q.Retention)), fix)
	case d.Retention == q.Retention:
		return found(check, Warn, fmt.Sprintf("it keeps messages %s, no longer than the queue: what becomes poison late is gone soon", days(d.Retention)), fix)
	case allow.Permission == "denyAll" || allow.Permission == "byQueue" && !slices.Contains(allow.Sources, q.ARN):
		return found(check, Fail, "its redrive-allow policy leaves out this queue", "add "+q.ARN+" to it")
	}
	return good(check, "keeps messages %s, the queue %s", days(d.Retention), days(q.Retention))
}

func days(d time.Duration) string { return fmt.Sprintf("%.3g d", d.Hours()/24) }

func queuePolicy(n Need, q Queue) Finding {
	const check = "queue-policy"
	if q.Policy.Err != nil {
		return unknown(check, q.Policy.Err)
	}
	fix := fmt.Sprintf("allow s3.amazonaws.com sqs:SendMessage, with aws:SourceArn %s", bucketARN(n.Quarantine.Bucket))
	open := false
	if q.Policy.Value != nil {
		for _, s := range q.Policy.Value.Statement {
			if s.Effect != "Allow" || !s.concerns("s3.amazonaws.com") || !s.acts("sqs:SendMessage") {
				continue
			}
			from := s.condition("aws:SourceArn", "ArnEquals", "ArnLike", "StringEquals", "StringLike")
			if slices.Contains(from, bucketARN(n.Quarantine.Bucket)) {
				return good(check, "S3 may send for %s", n.Quarantine.Bucket)
			}
			open = open || len(from) == 0
		}
	}
	if open {
		return found(check, Warn, "S3 may send for any bucket, also for a stranger's", fix)
	}
	return found(check, Fail, "S3 may not send for "+n.Quarantine.Bucket, fix)
}

func backlog(d Queue) Finding {
	if d.Messages > 0 {
		return found("backlog", Warn, fmt.Sprintf("about %d messages in the DLQ", d.Messages), "airlock dlq list says why they are there, airlock dlq redrive sends them back")
	}
	return good("backlog", "the DLQ is empty")
}

// bucketPolicy compares what the quarantine policy denies with what airlock does and needs. Only
// on AWS it is expected: elsewhere nobody may enforce it.
func bucketPolicy(n Need, q Bucket) Finding {
	const check = "bucket-policy"
	switch {
	case q.Policy.Err != nil:
		return unknown(check, q.Policy.Err)
	case q.Policy.Value == nil && !n.AWS:
		return found(check, Skip, "none; on AWS infra/terraform denies there what no signature can", "")
	case q.Policy.Value == nil:
		return found(check, Warn, "quarantine has no bucket policy", "apply infra/terraform, or deny requests without TLS and PutObject without If-None-Match")
	}
	tls, once := false, false
	for _, s := range q.Policy.Value.Statement {
		if s.Effect != "Deny" {
			continue
		}
		tls = tls || slices.Contains(s.condition("aws:SecureTransport", "Bool"), "false")
		once = once || slices.Contains(s.condition("s3:if-none-match", "Null"), "true")
		for _, age := range s.condition("s3:signatureAge", "NumericGreaterThan", "NumericGreaterThanEquals") {
			if ms, err := strconv.ParseInt(age, 10, 64); err == nil && n.LongestExpiry > time.Duration(ms)*time.Millisecond {
				return found(check, Fail, fmt.Sprintf("it denies signatures older than %s, but a profile's URLs are to live %s", time.Duration(ms)*time.Millisecond, n.LongestExpiry),
					fmt.Sprintf("raise s3:signatureAge to %d, or shorten expires", n.LongestExpiry.Milliseconds()))
			}
		}
	}
	if n.AWS && (!tls || !once) {
		return found(check, Warn, fmt.Sprintf("it denies requests without TLS: %t, PutObject without If-None-Match: %t", tls, once), "apply infra/terraform, or deny both")
	}
	return good(check, "agrees with the profiles")
}
