package validator

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"airlock"
	"airlock/events"
)

// The names under which a promoted object remembers how it came to be (S3 user metadata,
// x-amz-meta-*). With the grant they suffice to build its event again.
const (
	metaUpload     = "airlock-upload"
	metaSourceETag = "airlock-source-etag"
	metaSourceVer  = "airlock-source-version"
	metaSize       = "airlock-size"
	metaDeclared   = "airlock-declared-type"
	metaDetected   = "airlock-detected-type"
	metaPolicy     = "airlock-policy"
	metaUploadedAt = "airlock-uploaded-at"
	metaValidator  = "airlock-validator"
	metaTrace      = "airlock-traceparent"
)

func (a *attempt) cleanMetadata(f airlock.Facts) map[string]string {
	m := map[string]string{
		metaUpload: a.upload.ID, metaSourceETag: f.ETag, metaSourceVer: f.VersionID,
		metaSize: strconv.FormatInt(f.Size, 10), metaDeclared: a.grant.ContentType,
		metaDetected: f.DetectedType, metaPolicy: a.profile.PolicyVersion(),
		metaUploadedAt: f.LastModified.UTC().Format(time.RFC3339Nano), metaValidator: a.version,
		metaTrace: a.grant.Traceparent,
	}
	maps.DeleteFunc(m, func(_, v string) bool { return v == "" })
	return m
}

// factsOf reads back what [attempt.cleanMetadata] wrote.
func factsOf(clean Head, u airlock.Upload) (airlock.Facts, error) {
	m := clean.Metadata
	if m[metaUpload] != u.ID {
		return airlock.Facts{}, fmt.Errorf("it says that it is upload %.64q", m[metaUpload])
	}
	size, err := strconv.ParseInt(m[metaSize], 10, 64)
	if err == nil && size != clean.Size {
		err = fmt.Errorf("%d bytes judged, %d stored", size, clean.Size)
	}
	at, terr := time.Parse(time.RFC3339Nano, m[metaUploadedAt])
	if err := errors.Join(err, terr); err != nil {
		return airlock.Facts{}, fmt.Errorf("its metadata: %w", err)
	}
	return airlock.Facts{
		Size: size, ETag: m[metaSourceETag], VersionID: m[metaSourceVer], LastModified: at,
		DetectedType: m[metaDetected], Checks: []string{"promoted"}, Requests: 1,
	}, nil
}

// verdict makes the event out of the decision, the grant and the facts. Where the event is built
// again from the clean object, inspection tells only what this attempt did.
func (a *attempt) verdict(v airlock.Verdict, f airlock.Facts) events.Verdict {
	g := a.grant
	checksum := g.ChecksumSHA256 // signed, so the store verified it when it took the object
	if g.Method != airlock.MethodPut || f.ETag == "" {
		checksum = f.ChecksumSHA256 // what we or the copy found; "" where there was no object
	}
	return events.Verdict{
		UploadID: g.ID, Profile: g.Profile, Owner: g.Owner, Filename: g.Filename, Metadata: g.Metadata,
		Result: v.Result, Reason: v.Reason, Detail: v.Detail, Size: f.Size, DeclaredType: g.ContentType,
		DetectedType: f.DetectedType, ETag: f.ETag, ChecksumSHA256: checksum,
		GrantedAt: g.GrantedAt, UploadedAt: f.LastModified, DecidedAt: time.Now().UTC().Truncate(time.Millisecond),
		PolicyVersion: a.profile.PolicyVersion(), Traceparent: g.Traceparent,
		Inspection: events.Inspection{
			BytesRead: f.BytesRead, Requests: f.Requests, Checks: f.Checks,
			Milliseconds: float64(f.Spent.Microseconds()) / 1000,
		},
	}
}
