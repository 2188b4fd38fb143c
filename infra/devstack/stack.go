package devstack

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/nats-io/nats.go"

	"airlock"
	"airlock/events"
	"airlock/infra/child"
	"airlock/internal/awsconf"
)

// Stack is a stack as its clients see it.
type Stack struct {
	Addresses
	NATS *nats.Conn // a client, as all others; nil with Bare

	cfg     Config
	program string
	mu      sync.Mutex
	process *child.Process // nil: it is not ours to end
	asked   bool           // to end
	clients []aws.Config   // that were given out
}

// Connect is the clients' side of a stack that somebody else has started, and ends: package server.
func Connect(a Addresses) (*Stack, error) {
	s := &Stack{Addresses: a}
	return s, s.connect()
}

func (s *Stack) connect() (err error) {
	if s.NATSURL != "" {
		s.NATS, err = events.Connect(events.ConnectOptions{URL: s.NATSURL, Name: "devstack"})
	}
	return err
}

func (s *Stack) disconnect() {
	if s.NATS != nil {
		s.NATS.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		awsconf.CloseIdle(c) // the gateway would wait for them
	}
}

// File is where S3 keeps an object's bytes: a test's way to change them behind its back.
func (s *Stack) File(o airlock.Object) string {
	return filepath.Join(s.cfg.Dir, "s3", "buckets", o.Bucket, string(o.Key))
}

// S3Config is the SDK's configuration for S3 by one of the accounts, with inFlight requests at
// once. The process's own AWS environment does not reach it.
func (s *Stack) S3Config(a Account, inFlight int) aws.Config {
	return s.config(a, s.S3Endpoint, inFlight)
}

// SQSConfig is the same for SQS.
func (s *Stack) SQSConfig(a Account, inFlight int) aws.Config {
	return s.config(a, s.SQSEndpoint, inFlight)
}

func (s *Stack) config(a Account, endpoint string, inFlight int) aws.Config {
	a = s.cfg.As(a)
	cfg := awsconf.Fixed(Region, a.Access, a.Secret, endpoint, inFlight)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = append(s.clients, cfg)
	return cfg
}

// Env is the environment in which the built binary works on this stack, but for the credentials:
// see [Stack.CredentialsFile].
func (s *Stack) Env() []string {
	return []string{
		"AWS_REGION=" + Region,
		"AWS_ENDPOINT_URL_S3=" + s.S3Endpoint,
		"AWS_ENDPOINT_URL_SQS=" + s.SQSEndpoint,
		"AIRLOCK_PUBLIC_S3_ENDPOINT=" + s.S3Endpoint,
		"AIRLOCK_PATH_STYLE=true",
		"AIRLOCK_QUARANTINE_BUCKET=" + QuarantineBucket,
		"AIRLOCK_CLEAN_BUCKET=" + CleanBucket,
		"AIRLOCK_QUEUE_URL=" + s.QueueURL,
		"AIRLOCK_NATS_URL=" + s.NATSURL,
	}
}

// CredentialsFile is an AWS credentials file with one profile for each account.
func (s *Stack) CredentialsFile() string {
	var b strings.Builder
	for name, a := range map[string]Account{"root": Root, "signer": Signer, "validator": Validator} {
		a = s.cfg.As(a)
		fmt.Fprintf(&b, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", name, a.Access, a.Secret)
	}
	return b.String()
}
