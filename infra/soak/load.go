package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"airlock/infra/crew"
	"airlock/internal/pace"
	"airlock/signer"
)

// clients is how many upload at once.
const clients = 8

// load makes all uploads at an even pace, every tenth with an attacker who has its URL too, and shows
// how it goes. An upload that fails is no violation; a broken client is an error.
func (s *scene) load(ctx context.Context) error {
	tick := time.NewTicker(max(s.span()/time.Duration(s.Uploads), 100*time.Microsecond))
	defer tick.Stop()
	end := time.After(s.span() + pace.Scaled(time.Minute))
	showing, hide := context.WithCancel(ctx)
	var display, uploading, attacking sync.WaitGroup
	display.Go(func() { s.show(showing) })
	defer func() { hide(); display.Wait() }()
	next, failed := make(chan int), make(chan error, clients)
	for range clients {
		uploading.Go(func() { failed <- s.upload(ctx, next, &attacking) })
	}
	err := func() error {
		defer close(next)
		for n := range s.Uploads {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-end:
				fmt.Fprintf(os.Stderr, "\nsoak: this machine made only %d of %d uploads in time\n", n, s.Uploads)
				return nil
			case <-tick.C:
				next <- n
			}
		}
		return nil
	}()
	uploading.Wait()
	attacking.Wait()
	for range clients {
		err = errors.Join(err, <-failed)
	}
	return err
}

// upload takes numbers until there are no more. It takes all of them, also after an error.
func (s *scene) upload(ctx context.Context, next <-chan int, attacking *sync.WaitGroup) (first error) {
	for n := range next {
		if first != nil {
			continue
		}
		rnd := rand.New(rand.NewPCG(s.Seed, uint64(n)<<8|loadDice))
		size := 100 + rnd.IntN(8000)
		sample := crew.Mixed(fmt.Sprint("soak ", s.Seed), n, size)
		signed, err := s.client.Upload(ctx, sample)
		if err != nil {
			first = err
			continue
		}
		if n%10 == 0 {
			attacking.Go(func() { s.attack(ctx, signed, n, len(sample.Data)) })
		}
	}
	return first
}

// attack puts other bytes by the same URL, before the verdict and after.
func (s *scene) attack(ctx context.Context, signed signer.Signed, n, size int) {
	rnd := rand.New(rand.NewPCG(s.Seed, uint64(n)<<8|attackDice))
	for try := range 5 {
		other := crew.Bad(fmt.Sprintf("evil %d %d ", n, try), size)
		if rnd.IntN(3) == 0 {
			other = crew.Good(fmt.Sprintf("twin %d %d ", n, try), size)
		}
		if len(other.Data) != size {
			return // the URL is for another length
		}
		_, _ = s.client.Put(ctx, signed, other) // 412 while the first is there
		if !pause(ctx, between(rnd, 10*time.Millisecond, 1500*time.Millisecond)) {
			return
		}
	}
}

// show draws a bar where somebody looks, and else prints a line now and then.
func (s *scene) show(ctx context.Context) {
	every, draw := 10*time.Second, s.printLine
	if term.IsTerminal(int(os.Stderr.Fd())) {
		bar := progressbar.NewOptions(s.Uploads+warmUp, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowCount(),
			progressbar.OptionSetDescription("verdicts"), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
		defer func() { _ = bar.Finish() }()
		every, draw = 200*time.Millisecond, func() {
			bar.Describe(s.line())
			_ = bar.Set(min(s.auditor.Ended(), s.Uploads+warmUp))
		}
	}
	for pause(ctx, every) {
		draw()
	}
}

func (s *scene) printLine() {
	fmt.Fprintf(os.Stderr, "%d of %d verdicts, %s\n", s.auditor.Ended(), s.Uploads+warmUp, s.line())
}

func (s *scene) line() string {
	return fmt.Sprintf("%d kills, %d faults", s.auditor.Kills(), s.s3.Total()+s.sqs.Total()+s.nats.Total())
}
