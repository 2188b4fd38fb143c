package audit

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"airlock"
	"airlock/events"
	"airlock/validator"
)

// event is one message of the verdict stream.
type event struct {
	events.Verdict
	at time.Time // stored by NATS
}

// Check looks at everything and says how it stands with the invariants. It is right only when
// nothing works any more; see [Auditor.Drain]. An error means that it could not look.
func (a *Auditor) Check(ctx context.Context) (Report, error) {
	all, err := a.events(ctx)
	clean, cerr := a.list(ctx, a.cfg.Clean)
	quarantine, qerr := a.list(ctx, a.cfg.Quarantine)
	if err := errors.Join(err, cerr, qerr); err != nil {
		return Report{}, fmt.Errorf("audit: %w", err)
	}
	for k := range clean { // a validator that is killed as it begins leaves what it tried the store with
		if strings.HasPrefix(string(k), a.cfg.Clean.Prefix+"airlock-probe/") {
			delete(clean, k)
		}
	}
	good, err := a.cleanIsGood(ctx, clean, all)
	queues, err2 := a.queuesHoldPoisonOnly(ctx)
	parts, err3 := a.noMultipart(ctx)
	if err := errors.Join(err, err2, err3); err != nil {
		return Report{}, fmt.Errorf("audit: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	r := Report{Uploads: len(a.uploads), Events: len(all), Kills: a.kills, Faults: a.faults}
	for _, puts := range a.uploads {
		r.Puts += len(puts)
	}
	r.Rows = []Row{good, a.oneVerdict(all), a.thereWhenAnnounced(all), a.quarantineEmpty(quarantine), cleanIsAnnounced(clean, all),
		queues, parts, a.nothingGrew(), a.noEarlyEvent(all), a.receivedOnce()}
	return r, nil
}

// events reads the whole stream, each message once.
func (a *Auditor) events(ctx context.Context) (all []event, err error) {
	js, err := jetstream.New(a.cfg.NATS)
	if err != nil {
		return nil, err
	}
	c, err := js.OrderedConsumer(ctx, events.StreamName, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, fmt.Errorf("read the verdicts: %w", err)
	}
	info, err := c.Info(ctx)
	if err != nil || info.NumPending == 0 {
		return nil, err
	}
	messages, err := c.Messages()
	if err != nil {
		return nil, fmt.Errorf("read the verdicts: %w", err)
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return nil, fmt.Errorf("read the verdicts: %w", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return nil, fmt.Errorf("read the verdicts: %w", err)
		}
		v, err := events.Decode(m.Data())
		if err != nil {
			return nil, fmt.Errorf("read the verdicts: %w", err)
		}
		if all = append(all, event{v, meta.Timestamp}); meta.NumPending == 0 {
			return all, nil
		}
	}
}

// readers is how many clean objects are read at once.
const readers = 8

// cleanIsGood is INV1: each clean object is read whole and judged again.
func (a *Auditor) cleanIsGood(ctx context.Context, clean map[airlock.Key]listed, all []event) (Row, error) {
	row := Row{Name: "every clean object is good: judged again, it is accepted", Checked: len(clean)}
	byKey := map[airlock.Key]event{}
	for _, e := range all {
		if e.Clean != nil {
			byKey[e.Clean.Key] = e
		}
	}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for key := range clean {
		g.Go(func() error {
			bad, err := a.judgeAgain(ctx, key, byKey[key])
			if bad != "" {
				mu.Lock()
				defer mu.Unlock()
				row.violated("%s %s", key, bad)
			}
			return err
		})
	}
	return row, g.Wait()
}

func (a *Auditor) judgeAgain(ctx context.Context, key airlock.Key, e event) (bad string, err error) {
	out, err := a.cfg.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: &a.cfg.Clean.Bucket, Key: aws.String(string(key))})
	if err != nil {
		return "", fmt.Errorf("read %s: %w", key, err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(out.Body)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", key, err)
	}
	if e.UploadID == "" {
		return "is there without an event", nil
	}
	sum := md5.Sum(data)
	etag := hex.EncodeToString(sum[:])
	for _, s := range a.putsOf(e.UploadID) {
		if s.ETag == etag && !s.Good {
			return "holds what is known to be bad", nil
		}
	}
	v, _, err := validator.NewChecker(a.cfg.Profiles[e.Profile]).Check(context.Background(), e.Filename, int64(len(data)), bytes.NewReader(data))
	if err == nil && v.Result != airlock.Accepted {
		bad = fmt.Sprintf("holds what is %s: %s", v.Result, v.Detail)
	}
	return bad, err
}

func (a *Auditor) putsOf(id string) []Stored {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.uploads[id]
}

// oneVerdict is INV2, and that the one verdict is the right one.
func (a *Auditor) oneVerdict(all []event) Row {
	row := Row{Name: "each stored upload has exactly one verdict, and the right one", Checked: len(a.uploads)}
	n := map[string]int{}
	for _, e := range all {
		if n[e.UploadID]++; n[e.UploadID] > 1 {
			row.violated("%s has a second verdict, %s", e.UploadID, e.Result)
			continue
		}
		puts, known := a.uploads[e.UploadID]
		if !known {
			row.violated("%s has the verdict %s, but was not stored", e.UploadID, e.Result)
		} else if why := wrongVerdict(e, puts, a.removed[e.UploadID]); why != "" {
			row.violated("%s %s", e.UploadID, why)
		}
	}
	for id := range a.uploads {
		if n[id] == 0 {
			row.violated("%s has none", id)
		}
	}
	return row
}

func wrongVerdict(e event, puts []Stored, removed bool) string {
	if e.Result == airlock.Expired {
		if removed {
			return ""
		}
		return fmt.Sprintf("is expired (%s), but was stored", e.Reason)
	}
	for _, s := range puts {
		if s.ETag != e.ETag {
			continue
		}
		if s.Good != (e.Result == airlock.Accepted) {
			return fmt.Sprintf("is %s (%s %s), but good is %t", e.Result, e.Reason, e.Detail, s.Good)
		}
		return ""
	}
	return fmt.Sprintf("is %s with etag %q, which nobody stored", e.Result, e.ETag)
}

// thereWhenAnnounced is INV3, as [Auditor.Run] found it.
func (a *Auditor) thereWhenAnnounced(all []event) Row {
	row := Row{Name: "what is announced as accepted is there at once, as announced", Violations: append([]string(nil), a.early...)}
	for _, e := range all {
		if e.Result != airlock.Accepted {
			continue
		}
		if row.Checked++; a.seen[e.UploadID].UploadID == "" {
			row.violated("%s never reached the subscriber", e.UploadID)
		}
	}
	return row
}

// quarantineEmpty is INV4.
func (a *Auditor) quarantineEmpty(left map[airlock.Key]listed) Row {
	row := Row{Name: "quarantine is empty", Checked: len(a.uploads)}
	for k := range left {
		if !a.stays[k] {
			row.violated("%s is still there", k)
		}
	}
	for k := range a.stays {
		if _, ok := left[k]; !ok {
			row.violated("%s, which has no grant, was touched", k)
		}
	}
	return row
}

// cleanIsAnnounced is INV5.
func cleanIsAnnounced(clean map[airlock.Key]listed, all []event) Row {
	row := Row{Name: "the clean zone is what was accepted, unchanged", Checked: len(clean)}
	announced := map[airlock.Key]bool{}
	for _, e := range all {
		if e.Clean == nil {
			continue
		}
		announced[e.Clean.Key] = true
		if o, ok := clean[e.Clean.Key]; !ok || o.etag != e.Clean.ETag || o.size != e.Size {
			row.violated("%s should be %d bytes with etag %s, is %+v (there: %t)", e.Clean.Key, e.Size, e.Clean.ETag, o, ok)
		}
	}
	for k := range clean {
		if !announced[k] {
			row.violated("%s was not announced", k)
		}
	}
	return row
}

// queuesHoldPoisonOnly is INV6.
func (a *Auditor) queuesHoldPoisonOnly(ctx context.Context) (Row, error) {
	row := Row{Name: "the queues are empty, and the DLQ holds the poison alone", Checked: a.poisonous()}
	for _, url := range a.cfg.Queues {
		n, err := a.Waiting(ctx, url)
		if err != nil {
			return row, err
		}
		if n > 0 {
			row.violated("%d messages in %s", n, url)
		}
	}
	if a.cfg.DLQ == "" {
		return row, nil
	}
	there, err := a.dead(ctx)
	if err != nil {
		return row, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for body, n := range a.poison {
		if there[body] != n {
			row.violated("%d times in the DLQ, should be %d: %.80q", there[body], n, body)
		}
	}
	for body, n := range there {
		if a.poison[body] == 0 {
			row.violated("%d times in the DLQ and no poison: %.300q", n, body)
		}
	}
	return row, nil
}

// dead reads the dead-letter queue and leaves it as it was.
func (a *Auditor) dead(ctx context.Context) (map[string]int, error) {
	bodies := map[string]int{}
	var handles []*string
	defer func() {
		for _, h := range handles {
			_, _ = a.cfg.SQS.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &a.cfg.DLQ, ReceiptHandle: h})
		}
	}()
	for empty := 0; empty < 2; {
		out, err := a.cfg.SQS.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &a.cfg.DLQ, MaxNumberOfMessages: 10, VisibilityTimeout: 60})
		if err != nil {
			return nil, fmt.Errorf("read the DLQ: %w", err)
		}
		for _, m := range out.Messages {
			bodies[aws.ToString(m.Body)]++
			handles = append(handles, m.ReceiptHandle)
		}
		if empty++; len(out.Messages) > 0 {
			empty = 0
		}
	}
	return bodies, nil
}

// noMultipart is INV7.
func (a *Auditor) noMultipart(ctx context.Context) (Row, error) {
	row := Row{Name: "no multipart upload is open"}
	for _, z := range []airlock.Zone{a.cfg.Quarantine, a.cfg.Clean} {
		out, err := a.cfg.S3.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &z.Bucket, Prefix: &z.Prefix})
		if err != nil {
			return row, fmt.Errorf("list multipart uploads: %w", err)
		}
		for _, u := range out.Uploads {
			row.violated("%s/%s", z.Bucket, aws.ToString(u.Key))
		}
	}
	return row, nil
}

// nothingGrew is INV8. What is small may grow by a little more than a tenth.
func (a *Auditor) nothingGrew() Row {
	row := Row{Name: "goroutines, descriptors and heap are back", Checked: len(a.figures)}
	for _, c := range a.figures {
		if c.after.Goroutines > c.before.Goroutines+max(3, c.before.Goroutines/10) ||
			c.after.Descriptors > c.before.Descriptors+max(3, c.before.Descriptors/10) ||
			c.after.Heap > c.before.Heap+max(1<<20, c.before.Heap/10) {
			row.violated("%s: before %+v, after %+v", c.process, c.before, c.after)
		}
	}
	return row
}

// noEarlyEvent is INV9. A PUT and its verdict are told by clocks of one machine.
func (a *Auditor) noEarlyEvent(all []event) Row {
	row := Row{Name: "no event is older than its object", Checked: len(all)}
	for _, e := range all {
		for _, s := range a.uploads[e.UploadID] {
			began := s.Began.Truncate(time.Millisecond)
			if s.ETag == e.ETag && (e.at.Before(began) || e.DecidedAt.Before(began)) {
				row.violated("%s: put %s, decided %s, stored %s", e.UploadID, s.Began, e.DecidedAt, e.at)
			}
		}
	}
	return row
}

// receivedOnce is INV10.
func (a *Auditor) receivedOnce() Row {
	row := Row{Name: "each message is received once, and once more for each fault", Checked: len(a.received)}
	spare := a.anyone
	for id, r := range a.received {
		over := r.most - 1 - a.excused[id]
		if over <= 0 {
			continue
		}
		if spare -= over; spare < 0 {
			row.violated("%s was received %d times, by %s; faults explain %d", id, r.most, strings.Join(r.known, ", "), a.excused[id]+a.anyone)
		}
	}
	return row
}

func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }
