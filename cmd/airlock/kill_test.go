package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"airlock/infra/dev/samples"
	"airlock/infra/devstack"
	"airlock/internal/pace"
	"airlock/signer"
)

// 500 uploads while the validator is killed with SIGKILL ten times: each gets exactly one event,
// and nothing is left anywhere.
func TestAKilledValidatorLosesNothingAndRepeatsNothing(t *testing.T) {
	const uploads, kills, uploaders = 500, 10, 8
	purge(t)
	client := &signer.Client{Endpoint: startSigner(t)}
	v := start(t, "validator", "validator")
	before := countEvents(t)

	ids := make([]string, uploads)
	work := make(chan int)
	var uploading sync.WaitGroup
	for range uploaders {
		uploading.Go(func() {
			for n := range work {
				ids[n] = uploadSample(t, client, n)
			}
		})
	}
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		for range kills {
			time.Sleep(100*time.Millisecond + rand.N(300*time.Millisecond))
			v.kill()
			v = start(t, "validator", "validator")
		}
	}()
	for n := range uploads {
		work <- n
		time.Sleep(5 * time.Millisecond) // so that the kills fall among the uploads
	}
	close(work)
	uploading.Wait()
	<-killed

	pace.Eventually(t, time.Minute, "an event for each upload", func() bool { return len(countEvents(t))-len(before) >= uploads })
	pace.Eventually(t, time.Minute, "an empty queue", func() bool { return messages(t, stack.QueueURL) == 0 })
	v.stop()
	all := countEvents(t)
	for _, id := range ids {
		if all[id] != 1 {
			t.Errorf("upload %s has %d events", id, all[id])
		}
	}
	if got := len(all) - len(before); got != uploads {
		t.Errorf("%d uploads got an event, want %d", got, uploads)
	}
	if n := messages(t, stack.DLQURL); n != 0 {
		t.Errorf("%d messages in the DLQ", n)
	}
	if left, err := listKeys(t.Context(), devstack.QuarantineBucket); err != nil || len(left) > 0 {
		t.Errorf("left in quarantine: %v, %v", left, err)
	}
}

// uploadSample puts an honest PNG, or every fifth time a page that says it is one.
func uploadSample(t *testing.T, client *signer.Client, n int) string {
	data := samples.TaggedPNG(fmt.Sprint(n), 0)
	if n%5 == 4 {
		data = fmt.Appendf(nil, "<!doctype html><html>%d</html>", n)
	}
	s, err := client.Sign(t.Context(), signer.Request{Profile: "image", Filename: "a.png", ContentType: "image/png", Size: int64(len(data))})
	if err == nil {
		err = client.Put(t.Context(), s, bytes.NewReader(data))
	}
	if err != nil {
		t.Errorf("upload %d: %v", n, err)
	}
	return s.ID
}

// messages counts what a queue holds, visible and hidden.
func messages(t *testing.T, url string) int {
	t.Helper()
	out, err := rootSQS().GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	visible, _ := strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"])
	hidden, _ := strconv.Atoi(out.Attributes["ApproximateNumberOfMessagesNotVisible"])
	return visible + hidden
}
