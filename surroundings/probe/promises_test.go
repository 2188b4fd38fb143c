package probe

import "testing"

func TestAPromiseIsAsGoodAsTheWorstOfWhatItNeeds(t *testing.T) {
	for _, c := range []struct {
		feature string // all others hold
		answer  Answer
		promise string
		want    State
	}{
		{"", Yes, "What is accepted is never changed.", Holds},
		{"copy_race", No, "What is accepted is never changed.", ByFallback},
		{"copy_source_condition", No, "Only what was judged good is accepted.", DoesNot},
		{"copy_race", Unknown, "What is accepted is never changed.", NotKnown},
		{"put_race", No, "A client cannot replace what waits in quarantine.", ByFallback},
		{"notification", Unknown, "Every stored upload is found.", NotKnown},
		{"notification", No, "Every stored upload is found.", ByFallback},
	} {
		var features []Feature
		for _, t := range trials {
			f := Feature{Name: t.name, Holds: Yes}
			if t.name == c.feature {
				f.Holds = c.answer
			}
			features = append(features, f)
		}
		for _, p := range Promises(features) {
			want := Holds
			if p.Text == c.promise {
				want = c.want
			}
			if p.State != want {
				t.Errorf("%s is %s: %q %s, want %s", c.feature, c.answer, p.Text, p.State, want)
			}
		}
	}
}

// A promise may rest only on what is tried, and what is tried should carry a promise.
func TestPromisesAndTrialsKnowEachOther(t *testing.T) {
	tried := map[string]int{}
	for _, t := range trials {
		tried[t.name] = 1
	}
	for _, p := range promises {
		for _, need := range p.Needs {
			if tried[need] == 0 {
				t.Errorf("%q needs %s, which nobody tries", p.Text, need)
			}
			tried[need]++
		}
	}
	free := map[string]bool{"batch_delete": true, "notification_sequencer": true} // good to know; nothing rests on them
	for name, n := range tried {
		if (n == 1) != free[name] {
			t.Errorf("%s carries %d promises", name, n-1)
		}
	}
}
