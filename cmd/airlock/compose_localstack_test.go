package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"airlock/infra/dev/samples"
	"airlock/infra/devstack/stacktest"
)

// TestComposeWorksOnLocalStack starts compose's signer and validator as compose does, with its
// commands and its environment, where only the addresses are others: there is no network of
// containers here.
func TestComposeWorksOnLocalStack(t *testing.T) {
	if !stacktest.Elsewhere() {
		t.Skip("needs LocalStack: infra/localstack/run.sh go test ./cmd/airlock")
	}
	purge(t)
	visibility := func(seconds string) {
		if _, err := rootSQS().SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &stack.QueueURL, Attributes: map[string]string{"VisibilityTimeout": seconds}}); err != nil {
			t.Fatal(err)
		}
	}
	visibility("60") // as the script makes it; the other tests are in a hurry
	defer visibility("2")
	f := readCompose(t)
	config, err := filepath.Abs(filepath.Join(repository, "infra", "dev")) // they start elsewhere
	if err != nil {
		t.Fatal(err)
	}
	here := strings.NewReplacer("http://localstack:4566", stack.S3Endpoint, "http://127.0.0.1:4566", stack.S3Endpoint, "nats://nats:4222", stack.NATSURL,
		":8080", "127.0.0.1:0", ":9090", "127.0.0.1:0", "/etc/airlock", config)
	env := map[string][]string{}
	for _, name := range []string{"signer", "validator"} {
		for variable, v := range f.Services[name].Environment {
			env[name] = append(env[name], variable+"="+here.Replace(v))
		}
	}
	pipelineWorks(t, env["signer"], env["validator"])
}

// pipelineWorks starts the two with these environments, and sees an upload accepted and another one
// rejected.
func pipelineWorks(t *testing.T, signer, validator []string) {
	t.Helper()
	signs, judges := startIn(t, signer, "signer"), startIn(t, validator, "validator")
	endpoint := "http://" + signs.says(`serves" address=`)
	judges.says("the validator works")
	dir := t.TempDir()
	for name, c := range map[string]struct {
		data []byte
		exit int
		says string
	}{
		"cat.png":  {samples.PNG(), exitDone, "accepted"},
		"page.png": {samples.HTML(), exitRejected, "type_mismatch"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		var said lockedBuffer
		if code := run(t.Context(), []string{"upload", "--endpoint", endpoint, "--profile", "image", path}, streams{nil, &said, &said}); code != c.exit || !strings.Contains(said.String(), c.says) {
			t.Errorf("airlock upload %s: exit %d: %s", name, code, said.String())
		}
	}
	signs.stop()
	judges.stop()
}
