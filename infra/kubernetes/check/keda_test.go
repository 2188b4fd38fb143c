package check

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// As much of KEDA's API (2.20) as ours uses; a field that is not here is an error until somebody has
// looked it up. KEDA's own module would bring its controller, for five structs.
type scaledObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ScaleTargetRef struct {
			Name string `json:"name"`
		} `json:"scaleTargetRef"`
		PollingInterval *int32 `json:"pollingInterval"`
		MinReplicaCount *int32 `json:"minReplicaCount"`
		MaxReplicaCount *int32 `json:"maxReplicaCount"`
		Advanced        struct {
			HorizontalPodAutoscalerConfig struct {
				Behavior *autoscalingv2.HorizontalPodAutoscalerBehavior `json:"behavior"`
			} `json:"horizontalPodAutoscalerConfig"`
		} `json:"advanced"`
		Triggers []scaleTrigger `json:"triggers"`
		Fallback struct {
			FailureThreshold int32  `json:"failureThreshold"`
			Replicas         int32  `json:"replicas"`
			Behavior         string `json:"behavior"`
		} `json:"fallback"`
	} `json:"spec"`
}

type scaleTrigger struct {
	Type              string            `json:"type"`
	Metadata          map[string]string `json:"metadata"`
	AuthenticationRef struct {
		Name string `json:"name"`
	} `json:"authenticationRef"`
}

type triggerAuthentication struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		PodIdentity struct {
			Provider      string `json:"provider"`
			IdentityOwner string `json:"identityOwner"`
		} `json:"podIdentity"`
	} `json:"spec"`
}

// sqsMetadata is all that KEDA's aws-sqs-queue scaler reads. What is mistyped there is ignored.
var sqsMetadata = []string{"queueLength", "activationQueueLength", "queueURL", "queueURLFromEnv", "awsRegion", "awsEndpoint", "scaleOnInFlight", "scaleOnDelayed"}

const mostInFlight = 256 // the default of --in-flight

func TestKEDAScalesTheValidatorAndNobodyElseDoes(t *testing.T) {
	eachVariant(t, func(t *testing.T, c cluster) {
		replicas := c.apps["airlock-validator"].Spec.Replicas
		s, scales := c.scaled["airlock-validator"]
		if scales != (replicas == nil) {
			t.Fatalf("scaled by KEDA: %v, replicas: %v: one of the two says how many", scales, replicas)
		}
		if !scales {
			return
		}
		if c.apps[s.Spec.ScaleTargetRef.Name].Name != "airlock-validator" {
			t.Errorf("it scales %q", s.Spec.ScaleTargetRef.Name)
		}
		if s.APIVersion != "keda.sh/v1alpha1" || *s.Spec.MinReplicaCount < 1 || *s.Spec.MaxReplicaCount <= *s.Spec.MinReplicaCount {
			t.Errorf("%s, %d to %d replicas: without a validator nobody sweeps", s.APIVersion, *s.Spec.MinReplicaCount, *s.Spec.MaxReplicaCount)
		}
		if f := s.Spec.Fallback; f.Behavior != "currentReplicasIfHigher" || f.Replicas > *s.Spec.MaxReplicaCount {
			t.Errorf("fallback %+v", f)
		}
		if w := s.Spec.Advanced.HorizontalPodAutoscalerConfig.Behavior.ScaleDown.StabilizationWindowSeconds; w == nil || *w < 60 {
			t.Errorf("it scales down after %v s: a validator that stops hands work back", w)
		}
		if len(s.Spec.Triggers) != 1 {
			t.Fatalf("%d triggers", len(s.Spec.Triggers))
		}
		sqsTrigger(t, c, s.Spec.Triggers[0])
	})
}

func sqsTrigger(t *testing.T, c cluster, trigger scaleTrigger) {
	t.Helper()
	m := trigger.Metadata
	for name := range m {
		if !slices.Contains(sqsMetadata, name) {
			t.Errorf("KEDA's scaler knows no %s", name)
		}
	}
	length, err := strconv.Atoi(m["queueLength"])
	if err != nil || length != 5*mostInFlight || m["scaleOnInFlight"] != "true" {
		t.Errorf("queueLength %q, scaleOnInFlight %q: what a validator has in hand is counted, so it must be well above %d", m["queueLength"], m["scaleOnInFlight"], mostInFlight)
	}
	env := c.environment(t, c.apps["airlock-validator"].Spec.Template.Spec)
	queue, err := url.Parse(env[m["queueURLFromEnv"]])
	if err != nil || !strings.HasPrefix(queue.Host, "sqs."+m["awsRegion"]+".") || strings.Count(queue.Path, "/") != 2 {
		t.Errorf("the validator's %s is %v: KEDA wants https://sqs.%s..., account and name", m["queueURLFromEnv"], queue, m["awsRegion"])
	}
	if env["AWS_REGION"] != m["awsRegion"] {
		t.Errorf("KEDA asks in %s, the validator in %s", m["awsRegion"], env["AWS_REGION"])
	}
	auth, ok := c.keda[trigger.AuthenticationRef.Name]
	if !ok || trigger.Type != "aws-sqs-queue" || auth.Spec.PodIdentity.Provider != "aws" || auth.Spec.PodIdentity.IdentityOwner != "keda" {
		t.Errorf("trigger %s, authentication %q: %+v", trigger.Type, trigger.AuthenticationRef.Name, auth.Spec)
	}
}
