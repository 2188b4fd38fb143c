package surroundings

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"airlock"
	"airlock/signer/presign"
)

// Judge holds settings against what airlock needs, one finding for each check, in the order of the
// data. It is pure: the settings may come from [Read], or from a rendered Terraform module.
func Judge(n Need, s Settings) []Finding {
	findings := []Finding{Zones(n)}
	findings = append(findings, buckets(n, s)...)
	return append(findings, queues(n, s)...)
}

func found(check string, state State, detail, fix string) Finding {
	return Finding{Check: check, State: state, Detail: detail, Fix: fix}
}

func good(check, format string, a ...any) Finding {
	return found(check, OK, fmt.Sprintf(format, a...), "")
}

// unknown is the finding where a setting could not be read.
func unknown(check string, err error) Finding {
	if errors.Is(err, errNotOffered) || errors.Is(err, errNotAllowed) {
		return found(check, Skip, err.Error(), "")
	}
	return found(check, Fail, err.Error(), "see what the store answers, and run this again")
}

// Zones tells whether the two zones lie in one another.
func Zones(n Need) Finding {
	q, c := n.Quarantine, n.Clean
	where := fmt.Sprintf("s3://%s/%s and s3://%s/%s", q.Bucket, q.Prefix, c.Bucket, c.Prefix)
	if q.Overlaps(c) {
		return found("zones", Fail, where+" lie in one another: what is promoted would be judged again, for ever",
			"use two buckets, or prefixes of which none begins with the other")
	}
	return good("zones", "%s are apart", where)
}

func buckets(n Need, s Settings) []Finding {
	q, c := s.Quarantine, s.Clean
	findings := []Finding{bucket("quarantine-bucket", n.Quarantine.Bucket, q), bucket("clean-bucket", n.Clean.Bucket, c)}
	if q.Err != nil {
		return findings
	}
	if c.Err == nil {
		findings = append(findings, public(n, s), ownership(n, s))
	}
	return append(findings, versioning(n, q), lifecycleRules(n, q), cors(q), notification(n, s), bucketPolicy(n, q))
}

func bucket(check, name string, b Bucket) Finding {
	switch {
	case b.Err == nil:
		return good(check, "%s answers", name)
	case errors.Is(b.Err, errGone):
		return found(check, Fail, name+" does not exist", "create it (Terraform on AWS, airlock setup --aws on a development endpoint), or correct --"+check)
	case errors.Is(b.Err, errNotAllowed):
		return found(check, Fail, fmt.Sprintf("%s: %v", name, b.Err), "check which credentials are used, and grant them s3:ListBucket: without it S3 also answers 403 for every object that is missing")
	}
	return found(check, Fail, fmt.Sprintf("%s: %v", name, b.Err), "check AWS_ENDPOINT_URL, AWS_REGION, the credentials and the clock")
}

func public(n Need, s Settings) Finding {
	const check = "public-access"
	for name, b := range map[string]Bucket{n.Quarantine.Bucket: s.Quarantine, n.Clean.Bucket: s.Clean} {
		p := b.Public
		if p.Err != nil {
			return unknown(check, p.Err)
		}
		if p.Value == nil || !aws.ToBool(p.Value.BlockPublicAcls) || !aws.ToBool(p.Value.IgnorePublicAcls) ||
			!aws.ToBool(p.Value.BlockPublicPolicy) || !aws.ToBool(p.Value.RestrictPublicBuckets) {
			return found(check, Warn, name+" does not block all public access", "set all four settings of its public access block")
		}
	}
	return good(check, "blocked in all four ways")
}

func ownership(n Need, s Settings) Finding {
	const check = "ownership"
	for name, b := range map[string]Bucket{n.Quarantine.Bucket: s.Quarantine, n.Clean.Bucket: s.Clean} {
		o := b.Ownership
		if o.Err != nil {
			return unknown(check, o.Err)
		}
		if o.Value == nil || *o.Value != s3types.ObjectOwnershipBucketOwnerEnforced {
			if !n.AWS {
				return found(check, Skip, "ACLs count here; on AWS they must not", "")
			}
			return found(check, Warn, name+" lets ACLs count", "set its object ownership to BucketOwnerEnforced")
		}
	}
	return good(check, "BucketOwnerEnforced: ACLs do not count")
}

// versioning is better off in quarantine. Where it is on, or once was, the validator deletes every
// version, which needs more rights and requests.
func versioning(n Need, q Bucket) Finding {
	const check = "versioning"
	switch {
	case q.Versioning.Err != nil:
		return unknown(check, q.Versioning.Err)
	case !versioned(q):
		return good(check, "off in quarantine: what is deleted is gone")
	case q.Lifecycle.Err == nil && !slices.ContainsFunc(deref(q.Lifecycle.Value), func(r s3types.LifecycleRule) bool {
		return r.Status == s3types.ExpirationStatusEnabled && r.NoncurrentVersionExpiration != nil && covers(r, n.Quarantine.Prefix)
	}):
		return found(check, Warn, "quarantine is versioned: "+versionsCost+"; and what a crash leaves of them never expires",
			fmt.Sprintf("expire noncurrent versions below %s after 1 day, or use a quarantine bucket that never had versioning", n.Quarantine.Prefix))
	}
	return good(check, "quarantine is versioned: %s", versionsCost)
}

const versionsCost = "the validator deletes every version, for which it needs s3:ListBucketVersions and s3:DeleteObjectVersion"

// versioned is true for suspended versioning too: older versions are still there.
func versioned(b Bucket) bool { return b.Versioning.Value != nil && *b.Versioning.Value != "" }

func lifecycleRules(n Need, q Bucket) Finding {
	const check = "lifecycle"
	if q.Lifecycle.Err != nil {
		return unknown(check, q.Lifecycle.Err)
	}
	expiry, abort := int32(0), false
	for _, r := range deref(q.Lifecycle.Value) {
		if r.Status != s3types.ExpirationStatusEnabled || !covers(r, n.Quarantine.Prefix) {
			continue
		}
		if r.Expiration != nil && r.Expiration.Days != nil && (expiry == 0 || *r.Expiration.Days < expiry) {
			expiry = *r.Expiration.Days
		}
		abort = abort || r.AbortIncompleteMultipartUpload != nil
	}
	least := time.Duration(expiry) * day
	switch {
	case expiry == 0:
		return found(check, Warn, "quarantine never expires: what nobody judges costs for ever", fmt.Sprintf("expire %s after %d days", n.Quarantine.Prefix, quarantineExpiry))
	case least <= dlqRetention:
		return found(check, Fail, fmt.Sprintf("quarantine expires after %d days: a message that is redriven from the DLQ after up to 14 would not find its object", expiry),
			fmt.Sprintf("expire after %d days", quarantineExpiry))
	case !abort:
		return found(check, Warn, "parts of uploads that were never completed stay for ever", "abort incomplete multipart uploads after 1 day")
	}
	return good(check, "quarantine expires after %d days, incomplete uploads are aborted", expiry)
}

// covers tells whether a rule concerns all keys below prefix.
func covers(r s3types.LifecycleRule, prefix string) bool {
	f := r.Filter
	switch {
	case f == nil:
		//lint:ignore SA1019 rules that were made long ago still say it so
		return strings.HasPrefix(prefix, aws.ToString(r.Prefix))
	case f.And != nil || f.Tag != nil || f.ObjectSizeGreaterThan != nil || f.ObjectSizeLessThan != nil:
		return false
	}
	return strings.HasPrefix(prefix, aws.ToString(f.Prefix))
}

// cors looks for one rule under which a browser may send all that the signer signs.
func cors(q Bucket) Finding {
	const check = "cors"
	if q.CORS.Err != nil {
		return unknown(check, q.CORS.Err)
	}
	rules := slices.DeleteFunc(slices.Clone(deref(q.CORS.Value)), func(r s3types.CORSRule) bool { return !slices.Contains(r.AllowedMethods, "PUT") })
	if len(rules) == 0 {
		return found(check, Fail, "no CORS rule of the quarantine bucket lets browsers PUT", "add a rule with your origins, PUT, and the headers "+strings.Join(presign.SignedHeaders, ", "))
	}
	var missing []string
	for _, r := range rules {
		if missing = notAllowed(r); len(missing) == 0 {
			if !containsFold(r.ExposeHeaders, "ETag") {
				return found(check, Warn, "browsers may PUT, but their pages do not see the ETag", "expose "+strings.Join(exposed, ", "))
			}
			return good(check, "browsers of %s may PUT with what is signed", strings.Join(r.AllowedOrigins, ", "))
		}
	}
	return found(check, Fail, "browsers may PUT, but not send "+strings.Join(missing, ", ")+", which is signed", "allow the headers "+strings.Join(presign.SignedHeaders, ", "))
}

// notAllowed are the signed headers that a rule does not let through. One * matches any characters.
func notAllowed(r s3types.CORSRule) (missing []string) {
	for _, h := range presign.SignedHeaders {
		if !slices.ContainsFunc(r.AllowedHeaders, func(pattern string) bool {
			before, after, any := strings.Cut(strings.ToLower(pattern), "*")
			low := strings.ToLower(h)
			return low == before && !any || any && len(low) >= len(before)+len(after) && strings.HasPrefix(low, before) && strings.HasSuffix(low, after)
		}) {
			missing = append(missing, h)
		}
	}
	return missing
}

func notification(n Need, s Settings) Finding {
	const check = "notification"
	a := s.Quarantine.Notification
	if a.Err != nil {
		return unknown(check, a.Err)
	}
	fix := fmt.Sprintf("notify %s of s3:ObjectCreated:* with the prefix %s", s.Queue.ARN, n.Quarantine.Prefix)
	why := "the quarantine bucket notifies no queue"
	for _, q := range deref(a.Value) {
		prefix, suffix := affixes(q)
		switch {
		case s.Queue.ARN != "" && aws.ToString(q.QueueArn) != s.Queue.ARN:
			why = fmt.Sprintf("the quarantine bucket notifies %s, not the queue of --queue-url", aws.ToString(q.QueueArn))
		case !slices.Contains(q.Events, s3types.EventS3ObjectCreated):
			why = fmt.Sprintf("the notification does not cover every way to create an object: %v", q.Events)
		case !strings.HasPrefix(n.Quarantine.Prefix, prefix) || suffix != "":
			why = fmt.Sprintf("the notification's filter (prefix %q, suffix %q) leaves out keys below %s", prefix, suffix, n.Quarantine.Prefix)
		case n.Clean.Bucket == n.Quarantine.Bucket && (airlock.Zone{Bucket: n.Clean.Bucket, Prefix: prefix}).Overlaps(n.Clean):
			why = fmt.Sprintf("the notification's prefix %q takes in the clean zone, so that every promotion is announced as an upload", prefix)
		case !announces(q, expiryEvent(s.Quarantine)):
			return found(check, Warn, "the queue does not hear of objects that the lifecycle rule removes", "add the event "+string(expiryEvent(s.Quarantine)))
		default:
			return good(check, "of what is created below %s, to the queue", n.Quarantine.Prefix)
		}
	}
	if by := s.Quarantine.Forwarder; by != "" && !slices.ContainsFunc(deref(a.Value), func(q s3types.QueueConfiguration) bool { return aws.ToString(q.QueueArn) == s.Queue.ARN }) {
		return found(check, Skip, fmt.Sprintf("the bucket notifies %s: whether that reaches the queue, only a round trip tells", by), "")
	}
	return found(check, Fail, why, fix)
}

// expiryEvent is how S3 tells that the lifecycle rule removed an object.
func expiryEvent(b Bucket) s3types.Event {
	if versioned(b) {
		return s3types.EventS3LifecycleExpirationDeleteMarkerCreated
	}
	return s3types.EventS3LifecycleExpirationDelete
}

func announces(q s3types.QueueConfiguration, e s3types.Event) bool {
	return slices.Contains(q.Events, e) || slices.Contains(q.Events, s3types.EventS3LifecycleExpiration)
}

func affixes(q s3types.QueueConfiguration) (prefix, suffix string) {
	if q.Filter == nil || q.Filter.Key == nil {
		return "", ""
	}
	for _, r := range q.Filter.Key.FilterRules {
		switch strings.ToLower(string(r.Name)) {
		case "prefix":
			prefix = aws.ToString(r.Value)
		case "suffix":
			suffix = aws.ToString(r.Value)
		}
	}
	return prefix, suffix
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return x == "*" || strings.EqualFold(x, s) })
}

// deref is the zero value where nothing is set.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
