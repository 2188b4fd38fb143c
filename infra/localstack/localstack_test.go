package localstack

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"airlock"
	"airlock/internal/awsconf"
	"airlock/surroundings"
)

// The script that LocalStack runs, here and in compose, makes what package surroundings makes.
func TestTheScriptMakesWhatSetupMakes(t *testing.T) {
	endpoint := os.Getenv("AIRLOCK_TEST_S3_ENDPOINT")
	if endpoint == "" {
		t.Skip("needs LocalStack, just started: infra/localstack/run.sh go test ./infra/localstack")
	}
	cfg := awsconf.Fixed("us-east-1", "test", "test", endpoint, 4)
	s3c, sqsc := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }), sqs.NewFromConfig(cfg)
	script := surroundings.Places{
		Quarantine: airlock.Zone{Bucket: "airlock-quarantine", Prefix: "quarantine/"}, Clean: airlock.Zone{Bucket: "airlock-clean", Prefix: "clean/"},
		QueueURL: endpoint + "/000000000000/airlock-uploads",
	}
	id := uuid.NewString()[:8]
	setup := script
	setup.Quarantine.Bucket, setup.Clean.Bucket = "in-"+id, "out-"+id
	var err error
	if setup.QueueURL, err = surroundings.Make(t.Context(), s3c, sqsc, setup, "queue-"+id); err != nil {
		t.Fatal(err)
	}
	names := strings.NewReplacer(setup.Quarantine.Bucket, script.Quarantine.Bucket, setup.Clean.Bucket, script.Clean.Bucket, "queue-"+id, "airlock-uploads")
	want := names.Replace(written(t, surroundings.Read(t.Context(), s3c, sqsc, setup)))
	if diff := cmp.Diff(want, written(t, surroundings.Read(t.Context(), s3c, sqsc, script))); diff != "" {
		t.Errorf("setup (-) and the script (+) differ:\n%s", diff)
	}
	for _, f := range surroundings.Judge(surroundings.Need{Places: script}, surroundings.Read(t.Context(), s3c, sqsc, script)) {
		if f.State == surroundings.Fail || f.State == surroundings.Warn {
			t.Errorf("%+v", f)
		}
	}
}

// written shows all of the settings, whatever they point to.
func written(t *testing.T, s surroundings.Settings) string {
	t.Helper()
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	// Names of headers know no case, and JSON in a string has blanks or not.
	return strings.NewReplacer(`\": `, `\":`, `, \"`, `,\"`).Replace(strings.ToLower(string(text)))
}
