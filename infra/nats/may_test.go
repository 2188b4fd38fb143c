package nats_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock"
	"airlock/events"
	"airlock/internal/pace"
)

const (
	anUpload = "0b0e4d5c-8a3f-4c1e-9d2b-000000000001"
	another  = "0b0e4d5c-8a3f-4c1e-9d2b-000000000002"
)

// may says who gets an answer on each subject; to all others nobody answers. All are asked in a way
// that changes nothing.
var may = []struct {
	subject string
	who     []string
}{
	{"airlock.v1.accepted.image." + anUpload, []string{"validator"}},
	{"airlock.v1.rejected.image." + anUpload, []string{"validator"}},
	{"airlock.v1.expired.image." + anUpload, []string{"validator"}},

	{"$KV.airlock_grants." + anUpload, []string{"signer", "validator"}},
	{"$KV.airlock_quota.OWNER", []string{"signer"}},
	{"$KV.airlock_state.token-key", []string{"signer"}},
	{"$KV.airlock_state.kept.X", []string{"signer"}},
	{"$KV.airlock_state.taken.X", []string{"signer"}},
	{"$KV.airlock_state.turn.sweep", []string{"validator"}},
	{"$KV.airlock_state.other", nil},

	{"$JS.API.STREAM.INFO.AIRLOCK", []string{"setup", "validator", "signer", "operator"}},
	{"$JS.API.STREAM.INFO.KV_airlock_grants", []string{"validator", "signer", "operator"}},
	{"$JS.API.STREAM.MSG.GET.AIRLOCK", []string{"validator", "signer"}},
	{"$JS.API.STREAM.MSG.GET.KV_airlock_grants", []string{"validator", "signer"}},
	{"$JS.API.STREAM.MSG.GET.KV_airlock_state", []string{"validator", "signer"}},
	{"$JS.API.STREAM.MSG.GET.KV_airlock_quota", []string{"signer"}},
	{"$JS.API.INFO", []string{"validator", "signer", "operator", "thumbnails"}},
	{"$JS.API.STREAM.NAMES", nil},
	{"$JS.API.STREAM.LIST", nil},

	{"$JS.API.STREAM.CREATE.AIRLOCK", []string{"setup"}},
	{"$JS.API.STREAM.UPDATE.AIRLOCK", []string{"setup"}},
	{"$JS.API.STREAM.UPDATE.KV_airlock_grants", []string{"setup"}},
	{"$JS.API.STREAM.CREATE.OTHER", nil},
	{"$JS.API.STREAM.DELETE.AIRLOCK", nil},
	{"$JS.API.STREAM.PURGE.AIRLOCK", nil},
	{"$JS.API.STREAM.MSG.DELETE.AIRLOCK", nil},
	{"$JS.API.STREAM.SNAPSHOT.AIRLOCK", nil},
	{"$JS.API.STREAM.DELETE.KV_airlock_grants", nil},
	{"$JS.API.STREAM.PURGE.KV_airlock_grants", nil},

	{"$JS.API.CONSUMER.CREATE.AIRLOCK.thumbnails", []string{"signer", "operator", "thumbnails"}},
	{"$JS.API.CONSUMER.CREATE.AIRLOCK.invoices", []string{"signer", "operator"}},
	{"$JS.API.CONSUMER.CREATE.AIRLOCK.invoices.airlock.v1.*.*.*", []string{"operator"}},
	{"$JS.API.CONSUMER.DURABLE.CREATE.AIRLOCK.thumbnails", nil},
	{"$JS.API.CONSUMER.MSG.NEXT.AIRLOCK.thumbnails", []string{"signer", "operator", "thumbnails"}},
	{"$JS.API.CONSUMER.MSG.NEXT.AIRLOCK.invoices", []string{"signer", "operator"}},
	{"$JS.API.CONSUMER.INFO.AIRLOCK.thumbnails", []string{"operator"}},
	{"$JS.API.CONSUMER.DELETE.AIRLOCK.thumbnails", nil},
	{"$JS.API.CONSUMER.NAMES.AIRLOCK", nil},
	{"$JS.ACK.AIRLOCK.thumbnails.1.1.1.1.0", []string{"thumbnails"}},
	{"$JS.ACK.AIRLOCK.invoices.1.1.1.1.0", nil},
	{"$JS.API.CONSUMER.CREATE.KV_airlock_grants.x.$KV.airlock_grants.>", []string{"validator"}},
	{"$JS.API.CONSUMER.CREATE.KV_airlock_grants.x", nil},
	{"$JS.API.CONSUMER.CREATE.KV_airlock_state.x.$KV.airlock_state.>", nil},
}

// ask tells whether the subject answers this user. A refusal is one that the server gives: that it
// may not, or that nobody is there for it.
func ask(t *testing.T, nc *nats.Conn, violations <-chan error, subject string) bool {
	t.Helper()
	answered, inbox := make(chan *nats.Msg, 16), nc.NewRespInbox()
	sub, err := nc.ChanSubscribe(inbox, answered)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	msg := nats.NewMsg(subject)
	msg.Reply, msg.Data = inbox, []byte("{") // no request: it is answered with an error
	if strings.HasPrefix(subject, "$JS.ACK.") {
		msg.Data = []byte("+WPI")
	}
	msg.Header.Set("Nats-Expected-Stream", "none") // stores nothing
	if err := nc.PublishMsg(msg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := pace.Context(t.Context(), 5*time.Second)
	defer cancel()
	select {
	case err := <-violations:
		if !strings.Contains(err.Error(), subject) {
			t.Errorf("%s: %v", subject, err)
		}
		return false
	case m := <-answered:
		return len(m.Data) > 0 || m.Header.Get("Status") != "503" // 503: no responders
	case <-ctx.Done():
		t.Fatalf("%s: neither an answer nor a refusal: %v", subject, context.Cause(ctx))
		return false
	}
}

// dial connects with a channel of what the server holds against this user.
func (s *natsServer) dial(t *testing.T, user string) (*nats.Conn, <-chan error) {
	t.Helper()
	violations := make(chan error, 16)
	key, err := nats.NkeyOptionFromSeed(s.users[user].seed)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(s.ClientURL(), key, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		if errors.Is(err, nats.ErrPermissionViolation) {
			violations <- err
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc, violations
}

// durables makes the consumers that the tables name.
func (s *natsServer) durables(t *testing.T) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(s.as(t, "root"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"thumbnails", "invoices"} {
		if _, err := js.CreateOrUpdateConsumer(t.Context(), events.StreamName, jetstream.ConsumerConfig{Durable: name, AckPolicy: jetstream.AckExplicitPolicy}); err != nil {
			t.Fatal(err)
		}
	}
	return js
}

func TestWhoMayDoWhat(t *testing.T) {
	s := startNATS(t)
	js := s.durables(t)
	for _, user := range append([]string{"root"}, names...) {
		nc, violations := s.dial(t, user)
		for _, m := range may {
			want := user == "root" || slices.Contains(m.who, user)
			if have := ask(t, nc, violations, m.subject); have != want {
				t.Errorf("%s on %s: answered %v, want %v", user, m.subject, have, want)
			}
		}
	}
	for _, name := range []string{"AIRLOCK", "KV_airlock_grants", "KV_airlock_quota", "KV_airlock_state"} {
		if st, err := js.Stream(t.Context(), name); err != nil || st.CachedInfo().State.LastSeq != 0 {
			t.Errorf("%s is not as it was: %v", name, err)
		}
	}
}

// Whoever asks chooses where the answer goes, and within one account the server would store it as a
// verdict: so root shows. From another account it does not get there.
func TestAnswersCannotBeStoredAsVerdicts(t *testing.T) {
	s := startNATS(t)
	js := s.durables(t)
	stored := func() (n uint64) {
		t.Helper()
		for _, name := range []string{"AIRLOCK", "KV_airlock_grants", "KV_airlock_state"} {
			st, err := js.Stream(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			n += st.CachedInfo().State.LastSeq
		}
		return n
	}
	forge := func(user string) {
		t.Helper()
		nc, _ := s.dial(t, user)
		for _, to := range []string{"airlock.v1.accepted.image." + anUpload, "$KV.airlock_grants." + anUpload, "$KV.airlock_state.turn.sweep"} {
			for _, api := range []string{"$JS.API.CONSUMER.MSG.NEXT.AIRLOCK.thumbnails", "$JS.API.CONSUMER.CREATE.AIRLOCK.thumbnails", "$JS.API.INFO"} {
				if err := nc.PublishRequest(api, to, []byte("{")); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := nc.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	for _, user := range []string{"thumbnails", "operator", "signer"} {
		forge(user)
	}
	time.Sleep(pace.Scaled(700 * time.Millisecond)) // JetStream holds back some of its errors for half a second
	if n := stored(); n > 0 {
		t.Errorf("%d answers were stored", n)
	}
	forge("root")
	pace.Eventually(t, 20*time.Second, "what root does is stored, so that the others' lack of it proves something", func() bool { return stored() >= 3 })
}

// All answers to all users of an account go to _INBOX.>: those to signer and validator hold grants
// and the key of upload tokens.
func TestNobodyOverhearsAnother(t *testing.T) {
	s := startNATS(t)
	ears := map[string]*heard{}
	for _, user := range []string{"thumbnails", "operator", "root"} {
		nc, _ := s.dial(t, user)
		ears[user] = &heard{}
		if _, err := nc.Subscribe(">", ears[user].add); err != nil {
			t.Fatal(err)
		}
		if err := nc.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	signer, validator := s.store(t, "signer"), s.store(t, "validator")
	if err := signer.CreateGrant(t.Context(), airlock.Grant{ID: anUpload, Profile: "image", Owner: "a secret"}); err != nil {
		t.Fatal(err)
	}
	key, err := signer.SharedSecret(t.Context(), "token-key", []byte("a secret"))
	if err != nil || string(key) != "a secret" {
		t.Fatal(string(key), err)
	}
	if g, found, err := validator.Grant(t.Context(), anUpload); err != nil || !found || g.Owner != "a secret" {
		t.Fatal(g, found, err)
	}
	for user, ear := range ears {
		if msgs := ear.all(); (len(msgs) > 0) != (user == "root") {
			t.Errorf("%s heard %d messages: %.300q", user, len(msgs), msgs)
		}
	}
}

// In airlock's own account users hear answers, and the validator hints; nothing else.
func TestWhatMayBeSubscribedTo(t *testing.T) {
	s := startNATS(t)
	for _, user := range []string{"setup", "validator"} {
		nc, violations := s.dial(t, user)
		for _, subject := range []string{">", "airlock.>", "airlock.v1.>", "airlock.look.*", "$KV.>", "$JS.>", "$JS.API.>", "_R_.>"} {
			sub, err := nc.Subscribe(subject, func(*nats.Msg) {})
			if err != nil {
				t.Fatal(err)
			}
			pace.Receive(t, 5*time.Second, fmt.Sprintf("%s may not subscribe to %s", user, subject), violations)
			_ = sub.Unsubscribe()
		}
	}
}

// A hint of anybody but a signer reaches no validator.
func TestOnlySignersHint(t *testing.T) {
	s := startNATS(t)
	hints := make(chan string, 8)
	stop, err := s.store(t, "validator").Hints(func(id string) { hints <- id })
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"thumbnails", "operator"} {
		nc, _ := s.dial(t, user)
		if err := errors.Join(nc.Publish("airlock.look."+anUpload, nil), nc.Flush()); err != nil {
			t.Fatal(err)
		}
	}
	for _, user := range []string{"setup", "validator"} {
		nc, violations := s.dial(t, user)
		if err := nc.Publish("airlock.look."+anUpload, nil); err != nil {
			t.Fatal(err)
		}
		<-violations
	}
	if err := s.store(t, "signer").Hint(another); err != nil {
		t.Fatal(err)
	}
	if id := <-hints; id != another {
		t.Errorf("a hint of somebody else came: %s", id)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

// The example is one service's; a second one is made by its name, and neither may what the other may.
func TestTheExampleNamesOneDurableEverywhere(t *testing.T) {
	s := startNATS(t)
	s.durables(t)
	nc, _ := s.dial(t, "thumbnails")
	for _, name := range []string{"thumbnails", "invoices"} {
		req, err := json.Marshal(map[string]any{"stream_name": "AIRLOCK", "config": map[string]any{"durable_name": name, "ack_policy": "explicit"}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = nc.Request(fmt.Sprintf("$JS.API.CONSUMER.CREATE.AIRLOCK.%s", name), req, pace.Scaled(5*time.Second))
		if allowed := err == nil; allowed != (name == "thumbnails") || !allowed && !errors.Is(err, nats.ErrNoResponders) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
