package validator

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"airlock"
)

// bySNS is a message as SNS wraps it for a queue without raw message delivery (SNS developer guide,
// "Parsing message formats").
func bySNS(message string) string {
	body, err := json.Marshal(map[string]string{
		"Type": "Notification", "MessageId": "719a6bbf-f51b-5320-920f-3385b5e9aa56", "TopicArn": "arn:aws:sns:us-east-1:333333333333:uploads",
		"Subject": "Amazon S3 Notification", "Message": message, "Timestamp": "2026-11-24T12:00:00.032Z", "SignatureVersion": "1",
		"Signature":      "FcZQX0sVqWHwNhmT5VXTRKmqVG9LWLqPpX2EXAMPLE==",
		"SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0000000000000000000000.pem",
		"UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:333333333333:uploads:0b410f3c",
	})
	if err != nil {
		panic(err) // strings always become JSON
	}
	return string(body)
}

// byEventBridge is an event as EventBridge delivers it (S3 user guide, "EventBridge event message
// structure").
func byEventBridge(detailType, reason, bucket, key string) string {
	return fmt.Sprintf(`{"version":"0","id":"17793124-05d4-b198-2fde-7ededc63b103","detail-type":%q,"source":"aws.s3","account":"111122223333",
"time":"2021-11-12T00:00:00Z","region":"ca-central-1","resources":["arn:aws:s3:::%s"],
"detail":{"version":"0","event-version":"1.0","bucket":{"name":%q},
"object":{"key":%q,"size":5,"etag":"b1946ac92492d2347c6235b4d2611184","version-id":"IYV3p45BT0ac8hjHg1houSdS1a.Mro8e","sequencer":"617f08299329d189"},
"request-id":"N4N7GDK58NMKJ12R","requester":"123456789012","source-ip-address":"1.2.3.4","reason":%q}}`, detailType, bucket, bucket, key, reason)
}

// asBridged is S3's own message as EventBridge would have brought it.
func asBridged(t *testing.T, body string) string {
	var m message
	if err := json.Unmarshal([]byte(body), &m); err != nil || len(m.Records) != 1 {
		t.Errorf("not one record: %v\n%s", err, body)
		return body
	}
	r := m.Records[0].S3
	return byEventBridge("Object Created", "PutObject", r.Bucket.Name, r.Object.Key)
}

// The ways that a notification takes to the queue are a matter of who set the bucket up: whichever
// they are, and though all of them bring it, an upload has one event.
func TestWhicheverFormsANotificationComesInEachUploadGetsOneEvent(t *testing.T) {
	r := fresh(t)
	r.relay(t, func(body string) []string {
		if strings.Contains(body, "s3:TestEvent") {
			return []string{body, bySNS(body)}
		}
		return []string{body, bySNS(body), asBridged(t, body), bySNS(asBridged(t, body))}
	})
	v := r.validator()
	v.Hints = nil
	r.run(t, v)
	want := map[string]airlock.Result{}
	for i := range 12 {
		data, result := pngOf(fmt.Sprint(i)), airlock.Accepted
		if i%3 == 0 {
			data, result = page, airlock.Rejected
		}
		want[r.upload(t, "cat.png", data).ID] = result
	}
	for id, result := range want {
		if got := r.verdict(t, id); got.Result != result {
			t.Errorf("%s: %s %s", id, got.Result, got.Reason)
		}
	}
	r.idle(t)
	all := r.eventsOf(t)
	for id := range want {
		if all[id] != 1 {
			t.Errorf("%s has %d events", id, all[id])
		}
	}
	if n := r.waiting(t, r.DLQURL); n != 0 {
		t.Errorf("%d messages in the DLQ", n)
	}
}

// Each form alone brings an upload, or the other test would prove nothing.
func TestEachFormOfNotificationBringsAnUpload(t *testing.T) {
	r := fresh(t)
	for name, change := range map[string]func(string) string{
		"SNS": bySNS, "EventBridge": func(b string) string { return asBridged(t, b) }, "both": func(b string) string { return bySNS(asBridged(t, b)) },
	} {
		t.Run(name, func(t *testing.T) {
			r.relay(t, func(body string) []string { return []string{change(body)} })
			s := r.upload(t, "cat.png", pngOf(name))
			v := r.validator()
			v.Hints = nil
			stop := r.run(t, v)
			if got := r.verdict(t, s.ID); got.Result != airlock.Accepted {
				t.Errorf("%s %s", got.Result, got.Reason)
			}
			stop()
		})
	}
}

func TestWhatIsOddAboutANoticeIsCounted(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := NewMetrics(reg)
	n, err := parseNotice([]byte(records(record("ObjectCreated:Copy", zone.Bucket, "quarantine/image/"+anID), record("ObjectCreated:Put", "victim", "x"))), zone)
	if err != nil {
		t.Fatal(err)
	}
	n.report(m, slog.New(slog.DiscardHandler))
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, c := range f.GetMetric() {
			if c.GetCounter().GetValue() > 0 {
				got[f.GetName()+" "+c.GetLabel()[0].GetValue()] = c.GetCounter().GetValue()
			}
		}
	}
	if want := map[string]float64{"airlock_messages_suspicious_total copy": 1, "airlock_messages_ignored_total bucket": 1}; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
