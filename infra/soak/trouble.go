package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"airlock/infra/devstack"
	"airlock/infra/fault"
)

// trouble starts all that goes wrong, until ctx ends.
func (s *scene) trouble(ctx context.Context, all *sync.WaitGroup) {
	s.setRules()
	all.Go(func() { s.killAtRandom(ctx) })
	all.Go(func() { s.troubleNATS(ctx) })
	all.Go(func() { s.loseNotifications(ctx) })
}

// setRules shares the faults out evenly among the kinds.
func (s *scene) setRules() {
	p := s.Faults / 6
	s.s3.Set(
		fault.Rule{Kind: fault.Delay, P: p, For: 2 * time.Second},
		fault.Rule{Kind: fault.CutBefore, P: p},
		fault.Rule{Kind: fault.CutAfter, P: p},
		fault.Rule{Kind: fault.Status, P: p},
		fault.Rule{Kind: fault.Status, Status: 500, P: p},
		fault.Rule{Ops: []string{"GetObject"}, Kind: fault.CutBody, After: 100, P: 3 * p},
		fault.Rule{Ops: []string{"CopyObject"}, Kind: fault.EmptyBody, P: p},
		fault.Rule{Ops: []string{"CopyObject"}, Kind: fault.ErrorBody, P: p, Done: true},
	)
	s.sqs.Set(
		fault.Rule{Kind: fault.Delay, P: p, For: time.Second},
		fault.Rule{Kind: fault.CutBefore, P: p},
		fault.Rule{Kind: fault.CutAfter, P: p},
		fault.Rule{Kind: fault.Status, P: p},
		fault.Rule{Kind: fault.Status, Status: 500, P: p},
		fault.Rule{Ops: []string{"DeleteMessageBatch", "ChangeMessageVisibilityBatch"}, Kind: fault.FailEntries, P: 3 * p},
	)
}

// calm ends what goes wrong by itself.
func (s *scene) calm() {
	s.s3.Set()
	s.sqs.Set()
	s.nats.CutRandomly(0, 0)
	s.nats.SetDelay(0)
	s.nats.SetStall(false)
}

// pause waits; false if ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// between is a random time.
func between(rnd *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(rnd.Int64N(int64(most-least)))
}

// killAtRandom kills one of the mortals every 0.2 to 2 s.
func (s *scene) killAtRandom(ctx context.Context) {
	rnd := s.dice(killerDice)
	for pause(ctx, between(rnd, 200*time.Millisecond, 2*time.Second)) {
		if all := s.alive(); len(all) > 0 {
			all[rnd.IntN(len(all))].Kill()
		}
	}
}

// troubleNATS cuts all connections every 15 s or so, and in between slows or stalls what passes.
func (s *scene) troubleNATS(ctx context.Context) {
	rnd := s.dice(natsDice)
	s.nats.CutRandomly(15*time.Second, s.Seed)
	for pause(ctx, between(rnd, 5*time.Second, 20*time.Second)) {
		if rnd.IntN(2) == 0 {
			s.nats.SetDelay(between(rnd, 5*time.Millisecond, 100*time.Millisecond))
			pause(ctx, 2*time.Second)
			s.nats.SetDelay(0)
			continue
		}
		s.nats.SetStall(true)
		pause(ctx, between(rnd, time.Second, 3*time.Second))
		s.nats.SetStall(false)
	}
}

// loseNotifications switches them off now and then, for the sweeper to find what was put meanwhile.
func (s *scene) loseNotifications(ctx context.Context) {
	rnd := s.dice(natsDice)
	bucket := aws.String(devstack.QuarantineBucket)
	was, err := s.s3root.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: bucket})
	if err != nil {
		return
	}
	set := func(c *s3types.NotificationConfiguration) {
		_, _ = s.s3root.PutBucketNotificationConfiguration(context.WithoutCancel(ctx), &s3.PutBucketNotificationConfigurationInput{
			Bucket: bucket, NotificationConfiguration: c, SkipDestinationValidation: aws.Bool(true)})
	}
	for pause(ctx, between(rnd, 10*time.Second, 40*time.Second)) {
		set(&s3types.NotificationConfiguration{})
		pause(ctx, time.Second)
		set(&s3types.NotificationConfiguration{QueueConfigurations: was.QueueConfigurations})
	}
}
