package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"airlock/infra/audit"
	"airlock/infra/crew"
	"airlock/infra/devstack"
	"airlock/infra/fault"
	"airlock/signer"
)

// soak uploads, kills, breaks and attacks until all uploads are put, the time is over or ctx ends.
func (s *soak) soak(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.Minutes*float64(time.Minute)))
	defer cancel()
	s.breakThings()
	var acting sync.WaitGroup
	for _, act := range []func(context.Context){s.kill, s.deafen, s.watch, s.watchMachine} {
		acting.Go(func() { act(ctx) })
	}
	s.upload(ctx)
	cancel()
	acting.Wait()
	s.notify(context.WithoutCancel(ctx), true)
}

// breakThings lets one request in a hundred go wrong, in each way that there is.
func (s *soak) breakThings() {
	const each = 0.01 / 5
	s.s3.Set(
		fault.Rule{Kind: fault.CutAfter, P: each}, fault.Rule{Kind: fault.CutBefore, P: each},
		fault.Rule{Kind: fault.Status, P: each}, fault.Rule{Kind: fault.Delay, For: time.Second, P: each},
		fault.Rule{Ops: []string{"GetObject"}, Kind: fault.CutBody, After: 40, P: each},
		fault.Rule{Ops: []string{"CopyObject"}, Kind: fault.EmptyBody, Done: true, P: each},
		fault.Rule{Ops: []string{"CopyObject"}, Kind: fault.ErrorBody, P: each},
	)
	s.sqs.Set(
		fault.Rule{Kind: fault.CutAfter, P: each}, fault.Rule{Kind: fault.CutBefore, P: each},
		fault.Rule{Kind: fault.Status, Status: http.StatusInternalServerError, P: each}, fault.Rule{Kind: fault.Delay, For: time.Second, P: each},
		fault.Rule{Ops: []string{"DeleteMessageBatch", "ChangeMessageVisibilityBatch"}, Kind: fault.FailEntries, P: 5 * each},
	)
	s.nats.CutRandomly(5*time.Second, s.Seed)
}

// kill ends one of the mortals by SIGKILL every 0.2 to 2 s and starts another in its place.
func (s *soak) kill(ctx context.Context) {
	rnd := rand.New(rand.NewPCG(s.Seed, 2))
	for wait(ctx, 200*time.Millisecond+time.Duration(rnd.Int64N(int64(1800*time.Millisecond)))) {
		i := rnd.IntN(mortals)
		s.mu.Lock()
		r := s.crew[i]
		s.mu.Unlock()
		r.Kill()
		next, err := s.validator()
		if err != nil {
			s.fail(fmt.Errorf("start a validator: %w", err))
			return
		}
		s.mu.Lock()
		s.crew[i] = next
		s.mu.Unlock()
	}
}

// deafen loses all notifications for a second twice a minute: the sweeper must find what came.
func (s *soak) deafen(ctx context.Context) {
	for wait(ctx, 30*time.Second) {
		s.notify(ctx, false)
		wait(ctx, time.Second)
		s.notify(context.WithoutCancel(ctx), true)
	}
}

func (s *soak) notify(ctx context.Context, on bool) {
	c := &types.NotificationConfiguration{}
	if on {
		c.QueueConfigurations = []types.QueueConfiguration{{
			QueueArn: aws.String("arn:aws:sqs:" + devstack.Region + ":000000000000:" + queueName(s.stack.QueueURL)), Events: []types.Event{"s3:ObjectCreated:*"},
			Filter: &types.NotificationConfigurationFilter{Key: &types.S3KeyFilter{FilterRules: []types.FilterRule{{Name: "prefix", Value: &devstack.Quarantine.Prefix}}}},
		}}
	}
	client := s3.NewFromConfig(s.stack.S3Config(devstack.Root, 2), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := client.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String(devstack.QuarantineBucket), NotificationConfiguration: c, SkipDestinationValidation: aws.Bool(true)})
	if err != nil && ctx.Err() == nil {
		s.fail(fmt.Errorf("switch notifications: %w", err))
	}
}

// upload puts at a steady rate. One in ten is attacked by whoever has its URL.
func (s *soak) upload(ctx context.Context) {
	bar := s.progress()
	rnd := rand.New(rand.NewPCG(s.Seed, 3))
	tick := time.NewTicker(time.Duration(s.Minutes * float64(time.Minute) / float64(s.Uploads)))
	defer tick.Stop()
	var putting sync.WaitGroup
	slots := make(chan struct{}, 64)
	for n := range s.Uploads {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		attacked := rnd.IntN(10) == 0
		slots <- struct{}{}
		putting.Go(func() {
			defer func() { <-slots }()
			// Not cut at the end: S3 could have stored what nobody told the auditor of.
			signed, err := s.client.Upload(context.WithoutCancel(ctx), crew.Mixed("soak", n, sampleSize))
			if err != nil {
				s.fail(err)
			}
			s.posted.Add(1)
			_ = bar.Add(1)
			if err == nil && attacked {
				putting.Go(func() { s.attack(ctx, signed, n) })
			}
		})
	}
	putting.Wait()
	_ = bar.Finish()
}

// attack puts other bytes by the same URL again and again, before the verdict and after it.
func (s *soak) attack(ctx context.Context, signed signer.Signed, n int) {
	for try := range 12 {
		status, err := s.client.Put(context.WithoutCancel(ctx), signed, crew.Bad(fmt.Sprint("evil ", n, " ", try), sampleSize))
		if err == nil && status == http.StatusOK {
			s.replays.Add(1)
		}
		if !wait(ctx, time.Duration(50<<min(try, 5))*time.Millisecond) {
			return
		}
	}
}

// watch samples what the veteran holds.
func (s *soak) watch(ctx context.Context) {
	for wait(ctx, time.Duration(s.Minutes*float64(time.Minute)/30)) {
		s.sample(ctx)
	}
}

func (s *soak) sample(ctx context.Context) {
	f, err := s.veteran.Figures(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.fail(fmt.Errorf("ask a validator for its figures: %w", err))
		}
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.figures = append(s.figures, f)
}

// watchMachine excuses the receives that heartbeats cost which came too late because this machine
// stood still.
func (s *soak) watchMachine(ctx context.Context) {
	const nap = 100 * time.Millisecond
	for began := time.Now(); wait(ctx, nap); began = time.Now() {
		if time.Since(began) < visibility/3 {
			continue
		}
		s.mu.Lock()
		for _, r := range append(s.crew[:], s.veteran) {
			r.ExcuseHeld()
		}
		s.mu.Unlock()
	}
}

// means are of the first and of the last third of the samples.
func (s *soak) means() (first, last audit.Figures) {
	third := max(1, len(s.figures)/3)
	if len(s.figures) < 2 {
		return first, last
	}
	return mean(s.figures[:third]), mean(s.figures[len(s.figures)-third:])
}

func mean(all []audit.Figures) (m audit.Figures) {
	for _, f := range all {
		m.Goroutines, m.Descriptors, m.Heap = m.Goroutines+f.Goroutines, m.Descriptors+f.Descriptors, m.Heap+f.Heap
	}
	n := len(all)
	return audit.Figures{Goroutines: m.Goroutines / n, Descriptors: m.Descriptors / n, Heap: m.Heap / int64(n)}
}

func (s *soak) memory() string {
	first, last := s.means()
	return fmt.Sprintf("the validator that was not killed (first third, last third of %d samples): heap %.1f, %.1f MiB; goroutines %d, %d; descriptors %d, %d\n",
		len(s.figures), float64(first.Heap)/(1<<20), float64(last.Heap)/(1<<20), first.Goroutines, last.Goroutines, first.Descriptors, last.Descriptors)
}

// grown is an error where the veteran holds clearly more in the end than in the beginning.
func (s *soak) grown() error {
	first, last := s.means()
	const slack = 4 << 20 // what is in flight at the moment of a sample
	if last.Heap > first.Heap*5/4+slack || last.Goroutines > first.Goroutines*3/2+100 || last.Descriptors > first.Descriptors*3/2+50 {
		return fmt.Errorf("the validator grew: %+v, then %+v", first, last)
	}
	return nil
}

// wait is false if ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func queueName(url string) string { return url[strings.LastIndexByte(url, '/')+1:] }
