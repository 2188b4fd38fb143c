package fault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/uuid"

	"airlock"
	"airlock/infra/crew"
	"airlock/infra/devstack"
)

// Cell "poison": everything that is no notice of ours, between real ones. What can never be understood
// ends in the DLQ, what is not for us is forgotten, and nobody waits for either.
func TestFaultPoisonBetweenRealNoticesEndsInTheDLQAlone(t *testing.T) {
	l := enter(t, options{side: true, maxReceives: 2})
	l.forgiving(1, l.spec())
	uploads := scaled(100, 40)
	l.upload(0, uploads)
	honest := l.notices(uploads)
	poison := []string{
		"not JSON", " ", "{}", `{"Records":[]}`,
		strings.Repeat("junk ", 256<<10/5),
		`{"Records":` + strings.Repeat("[", 100_000),
		strings.Replace(honest[0], `"eventVersion":"2.`, `"eventVersion":"3.`, 1),
	}
	forgotten := []string{
		`{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-24T12:00:00.000Z","Bucket":"` + l.quarantine.Bucket + `"}`,
		strings.ReplaceAll(honest[1], devstack.QuarantineBucket, "other-bucket"),
		strings.ReplaceAll(honest[2], l.quarantine.Prefix, l.clean.Prefix),
		strings.ReplaceAll(strings.ReplaceAll(honest[3], devstack.QuarantineBucket, l.clean.Bucket), l.quarantine.Prefix, l.clean.Prefix),
		strings.Replace(honest[4], `"eventName":"ObjectCreated:Put"`, `"eventName":"ObjectRemoved:Delete"`, 1),
		strings.Replace(honest[5], keyIn(t, honest[5]), l.quarantine.Prefix+"image/../../etc/passwd", 1),
	}
	poison = append(poison, l.orphan())
	l.auditor.Poison(poison...)
	for i, body := range honest {
		l.send(l.queue, body)
		if i < len(forgotten) {
			l.send(l.queue, forgotten[i])
		}
		if i < len(poison) {
			l.send(l.queue, poison[i])
		}
	}
	l.finish()
}

// orphan puts an object into quarantine for which nobody was given leave, and returns its notice.
func (l *lane) orphan() string {
	l.Helper()
	key := l.quarantine.Prefix + "image/" + uuid.NewString()
	l.auditor.Stays(airlock.Key(key))
	_, err := l.s3root.PutObject(l.Context(), &s3.PutObjectInput{Bucket: &l.quarantine.Bucket, Key: aws.String(key), Body: bytes.NewReader(crew.Good("orphan", 200).Data)})
	l.must(err)
	return l.notices(1)[0]
}

// Cell "poison": one message of five records, the third of which can never be done. The other four are
// done all the same, and the message stays until it is dead.
func TestFaultOneOfFiveRecordsThatFailsHoldsUpNoOther(t *testing.T) {
	l := enter(t, options{side: true, maxReceives: 2})
	l.forgiving(1, l.spec())
	l.upload(0, 4)
	notices := l.notices(4)
	five := joined(t, notices[0], notices[1], l.orphan(), notices[2], notices[3])
	l.auditor.Poison(five)
	l.send(l.queue, five)
	l.finish()
}

// joined is one message with the records of all.
func joined(t *testing.T, bodies ...string) string {
	t.Helper()
	var all struct{ Records []json.RawMessage }
	for _, b := range bodies {
		var one struct{ Records []json.RawMessage }
		if err := json.Unmarshal([]byte(b), &one); err != nil {
			t.Fatal(err)
		}
		all.Records = append(all.Records, one.Records...)
	}
	text, err := json.Marshal(all)
	if err != nil || len(all.Records) != len(bodies) {
		t.Fatal(fmt.Sprint(len(all.Records), err))
	}
	return string(text)
}
