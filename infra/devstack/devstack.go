// Package devstack runs S3, SQS and NATS for development and for tests, on loopback, as a child of this
// process: unmodified clients work against it, and each is real enough to refuse what AWS refuses.
//
// The servers are package server, and the child's program is stackd. This package links neither: it
// knows the names, the accounts and the addresses, so that what is only tested on the stack need not
// link an S3 gateway. Nothing that ships imports it.
//
// The program is built by `go tool` when it is first wanted, and kept in go's build cache: so the
// command go must be there, and the working directory be in this module. AIRLOCK_STACKD names one that
// was built before, such as by
//
//	export AIRLOCK_STACKD=$(go tool -n stackd)
//
// and is wanted where neither is so. It also saves each start the question, about 0.3 s. Nothing builds
// it again when its source changes.
//
// The child ends when this process does, by SIGKILL too, and then removes its directory, unless that
// was given. Only where both are killed at once does it stay: airlock-dev-* in os.TempDir.
package devstack

import (
	"os"
	"time"

	"airlock"
)

// The names of everything in the stack, as DESIGN's compose has them.
const (
	Region           = "us-east-1"
	QuarantineBucket = "airlock-quarantine"
	CleanBucket      = "airlock-clean"
	QueueName        = "airlock-uploads"
)

// Quarantine and Clean are the zones of the stack.
var (
	Quarantine = airlock.Zone{Bucket: QuarantineBucket, Prefix: "quarantine/"}
	Clean      = airlock.Zone{Bucket: CleanBucket, Prefix: "clean/"}
)

// An Account is what one of the roles signs in with.
type Account struct{ Access, Secret string }

// The accounts: root owns the buckets; signer and validator may do what they need and no more.
var (
	Root      = Account{Access: "root", Secret: "airlock-development-root"}
	Signer    = Account{Access: "signer", Secret: "airlock-development-signer"}
	Validator = Account{Access: "validator", Secret: "airlock-development-validator"}
)

// Config says where the stack listens and keeps its data. The zero value is a stack on free ports
// in a temporary directory.
type Config struct {
	Dir         string // absolute; "": a temporary directory
	Temporary   bool   // Dir is removed at the end, as a temporary one is
	S3Listen    string // ip:port; "": a free port of 127.0.0.1
	SQSListen   string
	NATSListen  string
	Visibility  time.Duration // of the queue; 0: 60 s
	MaxReceives int           // before the DLQ; 0: 10

	// Bare is an empty S3 alone: versitygw as it is, without what ours adds, to see what that is.
	Bare bool

	// Elsewhere, with both addresses, is an S3 and an SQS that run already and are set up with the
	// names of this package, such as LocalStack by infra/localstack/run.sh. Then only NATS is ours,
	// and all accounts are the one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
	Elsewhere struct{ S3, SQS string }
}

// As is the account that a signs in as: itself, but Elsewhere the one that stands for all.
func (c Config) As(a Account) Account {
	if c.Elsewhere.S3 != "" {
		a = Account{Access: os.Getenv("AWS_ACCESS_KEY_ID"), Secret: os.Getenv("AWS_SECRET_ACCESS_KEY")}
	}
	return a
}

// Addresses are those that clients use.
type Addresses struct{ S3Endpoint, SQSEndpoint, NATSURL, QueueURL, DLQURL string }
