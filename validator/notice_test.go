package validator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"airlock"
)

var zone = airlock.Zone{Bucket: "airlock-quarantine", Prefix: "quarantine/"}

const (
	anID    = "0b0e4d5c-8a3f-4c1e-9d2b-000000000001"
	otherID = "0b0e4d5c-8a3f-4c1e-9d2b-000000000002"
)

// record is one record of a notice as AWS writes it (S3 user guide, "Event message structure").
func record(event, bucket, key string) string {
	return fmt.Sprintf(`{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-11-24T12:00:00.000Z",
"eventName":%q,"userIdentity":{"principalId":"x"},"requestParameters":{"sourceIPAddress":"127.0.0.1"},"responseElements":{},
"s3":{"s3SchemaVersion":"1.0","configurationId":"airlock","bucket":{"name":%q,"ownerIdentity":{"principalId":"x"},"arn":"arn:aws:s3:::%s"},
"object":{"key":%q,"size":7,"eTag":"9b2cf535f27731c974343645a3985328","sequencer":"0055AED6DCD90281E5"}}}`, event, bucket, bucket, key)
}

func records(r ...string) string { return `{"Records":[` + strings.Join(r, ",") + `]}` }

func TestANoticeNamesUploadsAndIsBelievedNothingElse(t *testing.T) {
	const put = "ObjectCreated:Put"
	q := zone.Bucket
	key := "quarantine/image/" + anID
	good := records(record(put, q, key))
	for name, c := range map[string]struct {
		body    string
		uploads []string
		ignored []string
		poison  bool
	}{
		"a PUT":               {good, []string{anID}, nil, false},
		"a POST":              {records(record("ObjectCreated:Post", q, key)), []string{anID}, nil, false},
		"multipart":           {records(record("ObjectCreated:CompleteMultipartUpload", q, key)), []string{anID}, nil, false},
		"an s3: event name":   {records(record("s3:ObjectCreated:Put", q, key)), []string{anID}, nil, false},
		"a key by LocalStack": {records(record(put, q, "quarantine%2Fimage%2F"+anID)), []string{anID}, nil, false},
		"several":             {records(record(put, q, key), record(put, q, "quarantine/document/"+otherID)), []string{anID, otherID}, nil, false},
		"a Chinese partition": {strings.ReplaceAll(good, "arn:aws:", "arn:aws-cn:"), []string{anID}, nil, false},
		"a newer minor":       {strings.ReplaceAll(good, `"2.1"`, `"2.9"`), []string{anID}, nil, false},
		"unknown fields":      {strings.ReplaceAll(good, `"awsRegion"`, `"new":{"x":[1]},"awsRegion"`), []string{anID}, nil, false},

		"S3's test":          {`{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-24T12:00:00.000Z","Bucket":"airlock-quarantine"}`, nil, []string{"test_event"}, false},
		"a removal":          {records(record("ObjectRemoved:Delete", q, key)), nil, []string{"event"}, false},
		"another source":     {strings.ReplaceAll(good, "aws:s3", "aws:sns"), nil, []string{"event"}, false},
		"another bucket":     {records(record(put, "victim", key)), nil, []string{"bucket"}, false},
		"another ARN":        {strings.ReplaceAll(good, ":::airlock-quarantine", ":::victim"), nil, []string{"bucket"}, false},
		"our clean prefix":   {records(record(put, q, "clean/image/"+anID)), nil, []string{"key"}, false},
		"a deeper key":       {records(record(put, q, key+"/x")), nil, []string{"key"}, false},
		"a traversal":        {records(record(put, q, "quarantine/image/../../"+anID)), nil, []string{"key"}, false},
		"an escaped one":     {records(record(put, q, "quarantine/image%2F..%2F"+anID)), nil, []string{"key"}, false},
		"escaped twice":      {records(record(put, q, "quarantine%252Fimage%252F"+anID)), nil, []string{"key"}, false},
		"a broken escape":    {records(record(put, q, key+"%zz")), nil, []string{"key"}, false},
		"an upper-case id":   {records(record(put, q, "quarantine/image/"+strings.ToUpper(anID))), nil, []string{"key"}, false},
		"no UUIDv4":          {records(record(put, q, "quarantine/image/0b0e4d5c-8a3f-1c1e-9d2b-000000000001")), nil, []string{"key"}, false},
		"no profile name":    {records(record(put, q, "quarantine/-/"+anID)), nil, []string{"key"}, false},
		"ours between other": {records(record(put, "victim", key), record(put, q, key)), []string{anID}, []string{"bucket"}, false},

		"not JSON":           {"hello", nil, nil, true},
		"empty":              {"", nil, nil, true},
		"null":               {"null", nil, nil, true},
		"an array":           {"[]", nil, nil, true},
		"no records":         {`{"Records":[]}`, nil, nil, true},
		"another version":    {strings.ReplaceAll(good, `"2.1"`, `"3.0"`), nil, nil, true},
		"no version":         {strings.ReplaceAll(good, `"2.1"`, `""`), nil, nil, true},
		"a wrong third":      {records(record(put, q, key), record(put, q, key), strings.ReplaceAll(record(put, q, key), `"2.1"`, `"3.0"`)), nil, nil, true},
		"an SNS envelope":    {`{"Type":"Notification","Message":"{}"}`, nil, nil, true},
		"EventBridge":        {`{"detail-type":"Object Created","source":"aws.s3","detail":{}}`, nil, nil, true},
		"deep nesting":       {strings.Repeat(`{"Records":[`, 20_000), nil, nil, true},
		"256 KB of junk":     {strings.Repeat("\x00\xff", 128<<10), nil, nil, true},
		"a string for a key": {`{"Records":[{"eventVersion":"2.1","s3":"x"}]}`, nil, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := parseNotice([]byte(c.body), zone)
			if c.poison != (err != nil) || c.poison && !errors.Is(err, errPoison) {
				t.Fatalf("poison %t: got %v", c.poison, err)
			}
			if c.poison {
				return
			}
			var uploads, reasons []string
			for _, u := range n.uploads {
				uploads = append(uploads, u.ID)
			}
			for _, i := range n.ignored {
				reasons = append(reasons, i.reason)
			}
			if !slices.Equal(uploads, c.uploads) || !slices.Equal(reasons, c.ignored) {
				t.Errorf("uploads %v, ignored %v; want %v, %v", uploads, reasons, c.uploads, c.ignored)
			}
		})
	}
}

func FuzzNotice(f *testing.F) {
	f.Add([]byte(records(record("ObjectCreated:Put", zone.Bucket, "quarantine/image/"+anID))))
	f.Add([]byte(`{"Event":"s3:TestEvent"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := parseNotice(body, zone)
		if err != nil && len(n.uploads) > 0 {
			t.Fatal("a poison message names uploads")
		}
		for _, u := range n.uploads {
			if got, err := zone.Upload(zone.Object(u).Key); err != nil || got != u {
				t.Fatalf("%+v is no upload of our zone", u)
			}
		}
	})
}
