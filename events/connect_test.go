package events

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/jwt/v2"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

func TestNATSKnowsUsByTheSeedOfAnNkey(t *testing.T) {
	ours, public := seed(t, nkeys.CreateUser)
	stranger, _ := seed(t, nkeys.CreateUser)
	account, _ := seed(t, nkeys.CreateAccount)
	s := serve(t, &natsserver.Options{Nkeys: []*natsserver.NkeyUser{{Nkey: public}}})
	for name, c := range map[string]struct{ creds, err string }{
		"ours":            {ours, ""},
		"with a line end": {ours + "\n", ""},
		"a stranger's":    {stranger, "connect to NATS"},
		"an account's":    {account, "neither a user's JWT"},
		"public half":     {public, "neither a user's JWT"},
		"empty":           {"", "neither a user's JWT"},
	} {
		file := filepath.Join(t.TempDir(), "seed")
		if err := os.WriteFile(file, []byte(c.creds), 0o600); err != nil {
			t.Fatal(err)
		}
		nc, err := Connect(ConnectOptions{URL: s.ClientURL(), Creds: file})
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", name, err, c.err)
		}
		if err != nil && c.creds != "" && strings.Contains(err.Error(), c.creds) {
			t.Errorf("%s: the error tells the seed", name)
		}
		if nc != nil {
			nc.Close()
		}
	}
	if _, err := Connect(ConnectOptions{URL: s.ClientURL(), Creds: "/does/not/exist"}); err == nil || !strings.Contains(err.Error(), "read NATS credentials: open /does/not/exist") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// With an operator, the server believes whoever an account has signed for.
func TestNATSKnowsUsByAJWT(t *testing.T) {
	operator, account, user := pair(t, nkeys.CreateOperator), pair(t, nkeys.CreateAccount), pair(t, nkeys.CreateUser)
	public := func(k nkeys.KeyPair) string {
		p, err := k.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	signedAccount, err := jwt.NewAccountClaims(public(account)).Encode(operator)
	if err != nil {
		t.Fatal(err)
	}
	signedUser, err := jwt.NewUserClaims(public(user)).Encode(account)
	if err != nil {
		t.Fatal(err)
	}
	userSeed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	creds, err := jwt.FormatUserConfig(signedUser, userSeed)
	if err != nil {
		t.Fatal(err)
	}
	resolver := &natsserver.MemAccResolver{}
	if err := resolver.Store(public(account), signedAccount); err != nil {
		t.Fatal(err)
	}
	s := serve(t, &natsserver.Options{TrustedKeys: []string{public(operator)}, AccountResolver: resolver})
	file := filepath.Join(t.TempDir(), "user.creds")
	if err := os.WriteFile(file, creds, 0o600); err != nil {
		t.Fatal(err)
	}
	nc, err := Connect(ConnectOptions{URL: s.ClientURL(), Creds: file})
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
}

func pair(t *testing.T, create func() (nkeys.KeyPair, error)) nkeys.KeyPair {
	t.Helper()
	k, err := create()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seed(t *testing.T, create func() (nkeys.KeyPair, error)) (seed, public string) {
	t.Helper()
	k := pair(t, create)
	private, err := k.Seed()
	if err != nil {
		t.Fatal(err)
	}
	if public, err = k.PublicKey(); err != nil {
		t.Fatal(err)
	}
	return string(private), public
}

func serve(t *testing.T, o *natsserver.Options) *natsServer {
	t.Helper()
	s := &natsServer{options: *o}
	s.options.Host, s.options.Port, s.options.NoSigs, s.options.NoLog = "127.0.0.1", -1, true, true
	s.start(t)
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}
