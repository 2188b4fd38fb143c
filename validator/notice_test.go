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
	const put, created, deleted = "ObjectCreated:Put", "Object Created", "Object Deleted"
	q := zone.Bucket
	key := "quarantine/image/" + anID
	good := records(record(put, q, key))
	bridge := byEventBridge(created, "PutObject", q, key)
	test := `{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-24T12:00:00.000Z","Bucket":"airlock-quarantine","RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE"}`
	for name, c := range map[string]struct {
		body    string
		uploads []string
		ignored []string
	}{
		"a PUT":                      {good, []string{anID}, nil},
		"a POST":                     {records(record("ObjectCreated:Post", q, key)), []string{anID}, nil},
		"a copy":                     {records(record("ObjectCreated:Copy", q, key)), []string{anID}, nil},
		"multipart":                  {records(record("ObjectCreated:CompleteMultipartUpload", q, key)), []string{anID}, nil},
		"an s3: event name":          {records(record("s3:ObjectCreated:Put", q, key)), []string{anID}, nil},
		"a key by LocalStack":        {records(record(put, q, "quarantine%2Fimage%2F"+anID)), []string{anID}, nil},
		"several":                    {records(record(put, q, key), record(put, q, "quarantine/document/"+otherID)), []string{anID, otherID}, nil},
		"a Chinese partition":        {strings.ReplaceAll(good, "arn:aws:", "arn:aws-cn:"), []string{anID}, nil},
		"a newer minor":              {strings.ReplaceAll(good, `"2.1"`, `"2.9"`), []string{anID}, nil},
		"unknown fields":             {strings.ReplaceAll(good, `"awsRegion"`, `"new":{"x":[1]},"awsRegion"`), []string{anID}, nil},
		"an expiry":                  {records(record("LifecycleExpiration:Delete", q, key)), []string{anID}, nil},
		"an expiry with versions":    {records(record("s3:LifecycleExpiration:DeleteMarkerCreated", q, key)), []string{anID}, nil},
		"SNS":                        {bySNS(good), []string{anID}, nil},
		"SNS of several":             {bySNS(records(record(put, q, key), record(put, "victim", key), record(put, q, "quarantine/document/"+otherID))), []string{anID, otherID}, []string{"bucket"}},
		"EventBridge":                {bridge, []string{anID}, nil},
		"EventBridge, before 2026":   {strings.ReplaceAll(bridge, `"event-version":"1.0",`, ""), []string{anID}, nil},
		"EventBridge, a POST":        {byEventBridge(created, "POST Object", q, key), []string{anID}, nil},
		"EventBridge, multipart":     {byEventBridge(created, "CompleteMultipartUpload", q, key), []string{anID}, nil},
		"EventBridge, a copy":        {byEventBridge(created, "CopyObject", q, key), []string{anID}, nil},
		"EventBridge, an expiry":     {byEventBridge(deleted, "Lifecycle Expiration", q, key), []string{anID}, nil},
		"EventBridge by SNS":         {bySNS(bridge), []string{anID}, nil},
		"EventBridge, in government": {strings.ReplaceAll(bridge, "arn:aws:", "arn:aws-us-gov:"), []string{anID}, nil},

		"S3's test":                      {test, nil, []string{"test_event"}},
		"S3's test by SNS":               {bySNS(test), nil, []string{"test_event"}},
		"a removal":                      {records(record("ObjectRemoved:Delete", q, key)), nil, []string{"event"}},
		"a transition":                   {records(record("LifecycleTransition", q, key)), nil, []string{"event"}},
		"another expiry":                 {records(record("LifecycleExpiration:DeleteX", q, key)), nil, []string{"event"}},
		"another source":                 {strings.ReplaceAll(good, "aws:s3", "aws:sns"), nil, []string{"event"}},
		"another bucket":                 {records(record(put, "victim", key)), nil, []string{"bucket"}},
		"another ARN":                    {strings.ReplaceAll(good, ":::airlock-quarantine", ":::victim"), nil, []string{"bucket"}},
		"another name":                   {strings.ReplaceAll(good, `"name":"airlock-quarantine"`, `"name":"victim"`), nil, []string{"bucket"}},
		"EventBridge, another name":      {strings.ReplaceAll(bridge, `"name":"airlock-quarantine"`, `"name":"victim"`), nil, []string{"bucket"}},
		"an ARN with another in it":      {strings.ReplaceAll(good, "arn:aws:s3:::", "arn:aws:s3:::victim:::"), nil, []string{"bucket"}},
		"an ARN of no S3":                {strings.ReplaceAll(good, "arn:aws:s3:::", "arn:aws:sqs:::"), nil, []string{"bucket"}},
		"our clean prefix":               {records(record(put, q, "clean/image/"+anID)), nil, []string{"key"}},
		"a deeper key":                   {records(record(put, q, key+"/x")), nil, []string{"key"}},
		"a traversal":                    {records(record(put, q, "quarantine/image/../../"+anID)), nil, []string{"key"}},
		"an escaped one":                 {records(record(put, q, "quarantine/image%2F..%2F"+anID)), nil, []string{"key"}},
		"escaped twice":                  {records(record(put, q, "quarantine%252Fimage%252F"+anID)), nil, []string{"key"}},
		"a broken escape":                {records(record(put, q, key+"%zz")), nil, []string{"key"}},
		"a blank by AWS":                 {records(record(put, q, "quarantine/image/+"+anID)), nil, []string{"key"}},
		"a blank by LocalStack":          {records(record(put, q, "quarantine/image/%20"+anID)), nil, []string{"key"}},
		"an upper-case id":               {records(record(put, q, "quarantine/image/"+strings.ToUpper(anID))), nil, []string{"key"}},
		"no UUIDv4":                      {records(record(put, q, "quarantine/image/0b0e4d5c-8a3f-1c1e-9d2b-000000000001")), nil, []string{"key"}},
		"no profile name":                {records(record(put, q, "quarantine/-/"+anID)), nil, []string{"key"}},
		"ours between other":             {records(record(put, "victim", key), record(put, q, key)), []string{anID}, []string{"bucket"}},
		"EventBridge, a DELETE":          {byEventBridge(deleted, "DeleteObject", q, key), nil, []string{"event"}},
		"EventBridge, expiry of nothing": {byEventBridge(deleted, "", q, key), nil, []string{"event"}},
		"EventBridge, tags":              {byEventBridge("Object Tags Added", "", q, key), nil, []string{"event"}},
		"EventBridge, another source":    {strings.ReplaceAll(bridge, "aws.s3", "my.app"), nil, []string{"event"}},
		"EventBridge, another bucket":    {byEventBridge(created, "PutObject", "victim", key), nil, []string{"bucket"}},
		"EventBridge, another ARN":       {strings.ReplaceAll(bridge, ":::airlock-quarantine", ":::victim"), nil, []string{"bucket"}},
		"EventBridge, an encoded key":    {byEventBridge(created, "PutObject", q, "quarantine%2Fimage%2F"+anID), nil, []string{"key"}},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := parseNotice([]byte(c.body), zone)
			if err != nil {
				t.Fatal(err)
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
			if copied := strings.HasSuffix(name, "a copy"); copied != (len(n.odd) == 1) {
				t.Errorf("odd: %v", n.odd)
			}
		})
	}
}

// Poison says what it is: somebody will read it in the DLQ.
func TestPoisonSaysWhatItIs(t *testing.T) {
	q, key := zone.Bucket, "quarantine/image/"+anID
	put := record("ObjectCreated:Put", q, key)
	good, bridge := records(put), byEventBridge("Object Created", "PutObject", q, key)
	third := strings.ReplaceAll(put, `"2.1"`, `"3.0"`)
	for name, c := range map[string]struct{ body, says string }{
		"a word":                     {"hello", "it is not JSON"},
		"nothing":                    {"", "it is not JSON"},
		"half":                       {good[:len(good)/2], "it is not JSON"},
		"two":                        {good + good, "it is not JSON"},
		"null":                       {"null", "neither Records nor"},
		"an array":                   {"[]", "it holds a JSON array"},
		"a number":                   {strings.Repeat("7", 100_000), "holds a JSON number"},
		"no records":                 {`{"Records":[]}`, "neither Records nor"},
		"a string for a record":      {`{"Records":[{"eventVersion":"2.1","s3":"x"}]}`, `Records.s3 holds a JSON string`},
		"another version":            {records(third), `event version "3.0", not 2.x`},
		"version 20":                 {strings.ReplaceAll(good, `"2.1"`, `"20.1"`), "not 2.x"},
		"no version":                 {strings.ReplaceAll(good, `"2.1"`, `""`), "not 2.x"},
		"a wrong third":              {records(put, put, third), "not 2.x"},
		"no bucket":                  {records(record("ObjectCreated:Put", "", key)), "no bucket or no key"},
		"no key":                     {records(record("ObjectCreated:Put", q, "")), "no bucket or no key"},
		"another event":              {`{"Event":"s3:Hello"}`, `the event "s3:Hello"`},
		"two forms":                  {strings.Replace(good, `{"Records"`, `{"Event":"s3:TestEvent","Records"`, 1), "more than one form"},
		"deep nesting":               {strings.Repeat(`{"Records":[`, 20_000), "it is not JSON"},
		"deep nesting by SNS":        {bySNS(strings.Repeat(`[`, 20_000)), "inside an SNS envelope: it is not JSON"},
		"256 KB of junk":             {strings.Repeat("\x00\xff", 128<<10), "it is not JSON"},
		"256 KB of blanks":           {strings.Repeat(" ", 256<<10), "it is not JSON"},
		"a topic to be confirmed":    {`{"Type":"SubscriptionConfirmation","Message":"You have chosen to subscribe","Token":"x"}`, "waits for the queue's subscription"},
		"a topic that is left":       {`{"Type":"UnsubscribeConfirmation","Message":"x"}`, `of type "UnsubscribeConfirmation"`},
		"SNS without a message":      {`{"Type":"Notification"}`, "without Message"},
		"SNS with an object inside":  {`{"Type":"Notification","Message":` + good + `}`, `Message holds a JSON object`},
		"SNS of nothing":             {bySNS("{}"), "inside an SNS envelope: it has neither"},
		"SNS of text":                {bySNS("hello"), "inside an SNS envelope: it is not JSON"},
		"SNS of SNS":                 {bySNS(bySNS(good)), "another SNS envelope"},
		"SNS of version 3":           {bySNS(records(third)), "not 2.x"},
		"SNS with Records beside":    {strings.Replace(bySNS(good), `{`, `{"Records":[`+put+`],`, 1), "more than one form"},
		"EventBridge 1":              {strings.Replace(bridge, `"version":"0"`, `"version":"1"`, 1), `of version "1"`},
		"EventBridge, event 2.0":     {strings.ReplaceAll(bridge, `"1.0"`, `"2.0"`), `event-version "2.0", not 1.x`},
		"EventBridge of nothing":     {`{"version":"0","detail-type":"Object Created","source":"aws.s3","detail":{}}`, "of version"},
		"EventBridge, no resource":   {strings.ReplaceAll(bridge, `["arn:aws:s3:::airlock-quarantine"]`, `[]`), "about 0 resources"},
		"EventBridge, two resources": {strings.ReplaceAll(bridge, `["arn`, `["arn:aws:s3:::victim","arn`), "about 2 resources"},
		"EventBridge without a key":  {byEventBridge("Object Created", "PutObject", q, ""), "no bucket or no key"},
		"a transformed EventBridge":  {`{"bucket":"airlock-quarantine","key":"` + key + `"}`, "neither Records nor"},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := parseNotice([]byte(c.body), zone)
			if !errors.Is(err, errPoison) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v; want %q", err, c.says)
			}
			if len(err.Error()) > 200 || len(n.uploads)+len(n.ignored) > 0 {
				t.Errorf("%d bytes of error, %+v", len(err.Error()), n)
			}
		})
	}
}

func FuzzNotice(f *testing.F) {
	good := records(record("ObjectCreated:Put", zone.Bucket, "quarantine/image/"+anID))
	bridge := byEventBridge("Object Created", "PutObject", zone.Bucket, "quarantine/image/"+anID)
	for _, body := range []string{good, `{"Event":"s3:TestEvent"}`, bySNS(good), bridge, bySNS(bridge), bySNS(bySNS(good)), byEventBridge("Object Deleted", "Lifecycle Expiration", zone.Bucket, "x")} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := parseNotice(body, zone)
		if err != nil && (len(n.uploads)+len(n.ignored) > 0 || !errors.Is(err, errPoison) || len(err.Error()) > 1000) {
			t.Fatalf("poison that says %.2000v and %+v", err, n)
		}
		for _, u := range n.uploads {
			if got, err := zone.Upload(zone.Object(u).Key); err != nil || got != u {
				t.Fatalf("%+v is no upload of our zone", u)
			}
		}
	})
}
