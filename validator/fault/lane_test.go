package fault

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	"airlock"
	"airlock/events"
	"airlock/infra/audit"
	"airlock/infra/crew"
	"airlock/infra/devstack"
	"airlock/infra/fault"
	"airlock/internal/awsconf"
	"airlock/internal/pace"
)

// lane is one test's own airlock: a prefix of both zones, a queue with its DLQ, a NATS, and a fault
// proxy before each. The client and the auditor go around the proxies.
type lane struct {
	*testing.T
	places
	quarantine, clean airlock.Zone
	queue, dlq        string // URLs
	visibility        time.Duration
	side              string // URL; where notifications go if the test hands them out itself
	server            *crew.NATS
	s3, sqs           *fault.HTTP
	nats              *fault.TCP
	nc                *nats.Conn
	store             *events.Store
	auditor           *audit.Auditor
	client            *crew.Client

	more     map[string]airlock.Profile
	mu       sync.Mutex
	crew     []*crew.Running
	listener context.CancelFunc
	watching sync.WaitGroup
}

// options of a lane. The zero value is what most tests want.
type options struct {
	visibility  time.Duration              // 0: 3 s, of which a heartbeat may lose two on a busy machine
	maxReceives int                        // 0: 10, as in production
	side        bool                       // notifications go to a queue that only the test reads
	natsConfig  string                     // more of it
	own         bool                       // a stack of its own, as a child; else the world's
	profiles    map[string]airlock.Profile // besides crew's
}

// places are S3 and SQS of a lane, with no proxy before them.
type places struct {
	s3URL, sqsURL string
	s3root        *s3.Client
	sqsroot       *sqs.Client
	stack         *devstack.Stack // nil: the world's
}

// find says where S3 and SQS are, and starts them if they are to be the lane's own.
func (l *lane) find(o options) {
	l.s3URL, l.sqsURL, l.s3root, l.sqsroot = theWorld.S3Endpoint, theWorld.SQSEndpoint, theWorld.s3, theWorld.sqs
	if !o.own {
		return
	}
	var err error
	l.stack, err = devstack.Start(l.Context(), devstack.Config{})
	l.must(err)
	l.Cleanup(func() { _ = l.stack.Close() })
	l.s3URL, l.sqsURL = l.stack.S3Endpoint, l.stack.SQSEndpoint
	l.s3root = s3.NewFromConfig(l.config(devstack.Root, l.s3URL), func(o *s3.Options) { o.UsePathStyle = true })
	l.sqsroot = sqs.NewFromConfig(l.config(devstack.Root, l.sqsURL))
}

func (l *lane) config(a devstack.Account, endpoint string) aws.Config {
	cfg := awsconf.Fixed(devstack.Region, a.Access, a.Secret, endpoint, 64)
	l.Cleanup(func() { awsconf.CloseIdle(cfg) })
	return cfg
}

// enter makes a lane. The test runs beside others from here on.
func enter(t *testing.T, o options) *lane {
	t.Helper()
	t.Parallel()
	name := "t" + strings.ReplaceAll(uuid.NewString()[:13], "-", "")
	l := &lane{
		T:          t,
		quarantine: airlock.Zone{Bucket: devstack.QuarantineBucket, Prefix: "quarantine/" + name + "/"},
		clean:      airlock.Zone{Bucket: devstack.CleanBucket, Prefix: "clean/" + name + "/"},
		visibility: cmp.Or(o.visibility, 3*time.Second), more: o.profiles,
	}
	l.find(o)
	l.startNATS(o)
	l.makeQueues(name, o)
	var err error
	if l.s3, err = fault.ListenHTTP(l.s3URL, 1); err == nil {
		l.sqs, err = fault.ListenHTTP(l.sqsURL, 2)
	}
	if err == nil {
		l.nats, err = fault.ListenTCP(l.server.Addr)
	}
	l.must(err)
	l.auditor = audit.New(audit.Config{
		S3: l.s3root, SQS: l.sqsroot, NATS: l.nc, Quarantine: l.quarantine, Clean: l.clean,
		Queues: []string{l.queue}, DLQ: l.dlq, Profiles: l.profiles(), Durable: "auditor",
	})
	l.client = crew.NewClient(l.config(devstack.Signer, l.s3URL), l.s3URL, l.quarantine, l.clean, l.store, l.auditor)
	ctx, cancel := context.WithCancel(context.Background())
	l.listener = cancel
	l.watching.Go(func() { l.auditor.Run(ctx) })
	theWorld.enters(l, true)
	t.Cleanup(l.leave)
	return l
}

func (l *lane) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *lane) startNATS(o options) {
	dir, err := os.MkdirTemp("", "airlock-nats-") // not t.TempDir: a killed server may leave what cannot be removed at once
	l.must(err)
	l.server, err = crew.StartNATS(dir, o.natsConfig)
	l.Cleanup(func() { l.server.Continue(); l.server.Kill(); _ = os.RemoveAll(dir) })
	l.must(err)
	l.nc, err = events.Connect(events.ConnectOptions{URL: l.rootURL(o), Name: "test"})
	l.must(err)
	l.Cleanup(l.nc.Close)
	ctx, cancel := pace.Context(l.Context(), patience)
	defer cancel()
	l.must(crew.Setup(ctx, l.nc, devstack.QuarantineBucket))
	l.store, err = events.Open(ctx, l.nc, devstack.QuarantineBucket)
	l.must(err)
}

// rootURL carries the user that may do everything, where there are users.
func (l *lane) rootURL(o options) string {
	if o.natsConfig == "" {
		return l.server.URL()
	}
	return "nats://root:root@" + l.server.Addr
}

func (l *lane) makeQueues(name string, o options) {
	l.dlq = l.makeQueue(name+"-dlq", nil)
	l.queue = l.makeQueue(name, map[string]string{
		"VisibilityTimeout": fmt.Sprint(int(l.visibility.Seconds())),
		"RedrivePolicy":     fmt.Sprintf(`{"deadLetterTargetArn":"%s","maxReceiveCount":%d}`, arn(l.dlq), cmp.Or(o.maxReceives, 10)),
	})
	notified := l.queue
	if o.side {
		l.side = l.makeQueue(name+"-side", nil)
		notified = l.side
	}
	l.notify(l.Context(), notified)
}

// notify makes S3 notify a queue of what this lane's clients put; "" is none.
func (l *lane) notify(ctx context.Context, url string) {
	l.Helper()
	if l.stack != nil {
		l.must(putNotification(ctx, l.s3root, map[string]string{l.quarantine.Prefix: url}))
		return
	}
	l.must(theWorld.setNotified(ctx, l.quarantine.Prefix, url))
}

func (l *lane) makeQueue(name string, attributes map[string]string) (url string) {
	out, err := l.sqsroot.CreateQueue(l.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: attributes})
	l.must(err)
	l.Cleanup(func() {
		_, _ = l.sqsroot.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: out.QueueUrl})
	})
	return *out.QueueUrl
}

func arn(url string) string {
	return "arn:aws:sqs:" + devstack.Region + ":000000000000:" + url[strings.LastIndexByte(url, '/')+1:]
}

// leave stops what a test that failed left running.
func (l *lane) leave() {
	theWorld.enters(l, false)
	all := l.running()
	for i, r := range all {
		r.Kill()
		if l.Failed() && i >= len(all)-3 {
			log := r.Log()
			l.Logf("a validator's log ends with\n%s", log[max(0, len(log)-9000):])
		}
	}
	l.listener()
	l.watching.Wait()
	if l.stack == nil {
		l.notify(context.Background(), "")
	}
	for _, p := range []interface{ Close() error }{l.s3, l.sqs, l.nats} {
		_ = p.Close()
	}
	l.client.HTTP.CloseIdleConnections()
}

func (l *lane) running() []*crew.Running {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]*crew.Running(nil), l.crew...)
}

// profiles are crew's and those of the test.
func (l *lane) profiles() map[string]airlock.Profile {
	all := crew.Profiles()
	maps.Copy(all, l.more)
	return all
}

// spec is a validator that reaches everything through the proxies.
func (l *lane) spec() crew.Validator {
	return crew.Validator{
		S3: l.s3.URL(), SQS: l.sqs.URL(), NATS: "nats://" + l.nats.Addr(), QueueURL: l.queue,
		Quarantine: l.quarantine, Clean: l.clean, Profiles: l.profiles(), InFlight: 32,
	}
}

// start runs a validator.
func (l *lane) start(v crew.Validator) *crew.Running {
	l.Helper()
	return l.startWith(v, crew.Options{Auditor: l.auditor})
}

func (l *lane) startWith(v crew.Validator, o crew.Options) *crew.Running {
	l.Helper()
	r, err := v.Start(o)
	l.must(err)
	l.join(r)
	return r
}

func (l *lane) join(r *crew.Running) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.crew = append(l.crew, r)
}

// startMany runs n validators.
func (l *lane) startMany(n int, v crew.Validator) (all []*crew.Running) {
	l.Helper()
	for range n {
		all = append(all, l.start(v))
	}
	return all
}

// patience is how long nothing may happen, as package pace has it.
const patience = time.Minute

// quiet waits until all is done, as long as uploads go on to end.
func (l *lane) quiet() {
	l.Helper()
	if err := l.auditor.Settle(l.Context(), patience); err != nil {
		l.Error(err)
	}
}

// finish waits until all is done, stops the validators and wants every invariant to hold.
func (l *lane) finish() audit.Report {
	l.Helper()
	l.quiet()
	ctx, cancel := pace.Context(l.Context(), patience)
	defer cancel()
	for _, r := range l.running() {
		select {
		case <-r.Done():
		default:
			if err := r.Stop(ctx); err != nil {
				l.Errorf("a validator that is stopped: %v", err)
			}
		}
	}
	l.auditor.Faults(l.s3.Total() + l.sqs.Total() + l.nats.Total())
	checking, done := pace.Context(l.Context(), patience)
	defer done()
	report, err := l.auditor.Check(checking)
	l.must(err)
	if theWorld.add(report); report.Violations() > 0 {
		l.Errorf("%s", report)
	} else if testing.Verbose() {
		l.Logf("%d uploads, %d kills, %d faults: every invariant holds", report.Uploads, report.Kills, report.Faults)
	}
	return report
}

// upload puts the samples first to last of a series, many at once, and wants S3 to take each.
func (l *lane) upload(first, last int) {
	l.Helper()
	l.each(first, last, func(n int) {
		if _, err := l.client.Upload(l.Context(), crew.Mixed(l.Name(), n, 200)); err != nil {
			l.Error(err)
		}
	})
}

// each calls do for first to last, eight at once, and waits.
func (l *lane) each(first, last int, do func(n int)) {
	next := make(chan int)
	var working sync.WaitGroup
	for range 8 {
		working.Go(func() {
			for n := range next {
				do(n)
			}
		})
	}
	for n := first; n < last; n++ {
		next <- n
	}
	close(next)
	working.Wait()
}

// measure notes what an idle validator holds, after some work, and compares when the returned
// function is called, with the validator idle again.
func (l *lane) measure(r *crew.Running) (compare func()) {
	l.Helper()
	before, err := r.Figures(l.Context())
	l.must(err)
	return func() {
		l.Helper()
		after, err := r.Figures(l.Context())
		l.must(err)
		l.auditor.Compare(fmt.Sprintf("validator %d", r.Pid()), before, after)
	}
}

// awaitAll waits for n of what is counted, as long as they go on to come.
func (l *lane) awaitAll(what string, n int, count func() int) {
	l.Helper()
	for got := count(); got < n; got = count() {
		pace.Eventually(l, patience, fmt.Sprintf("more than %d of %d %s", got, n, what), func() bool { return count() > got })
	}
}
