package probe

import "slices"

// A Promise is one of airlock's, and what of the store it rests on.
type Promise struct {
	Text     string   `json:"promise"`
	Needs    []string `json:"needs"` // features
	Fallback string   `json:"fallback,omitempty"`
	State    State    `json:"state"`
}

// State tells how a promise holds on a store.
type State string

// The states of a promise.
const (
	Holds      State = "holds"
	ByFallback State = "by a fall-back"
	DoesNot    State = "does not hold"
	NotKnown   State = "not known"
)

// promises are those that depend on the store (PROTOCOL sections 1, 7; SECURITY). What rests on
// NATS alone is not here.
var promises = []Promise{
	{Text: "A client can store only what was signed: key, length, type, bytes, in time.",
		Needs: []string{"signature", "unsigned", "signed_length", "signed_type", "signed_checksum", "checksum", "signed_headers", "expiry"}},
	{Text: "A client cannot replace what waits in quarantine.", Needs: []string{"put_condition", "put_race"},
		Fallback: "the copy is pinned to the bytes that were judged, and a replaced object is judged anew"},
	{Text: "Only what was judged good is accepted.", Needs: []string{"copy_source_condition", "read_condition"}},
	{Text: "What is accepted is never changed.", Needs: []string{"copy_destination_condition", "copy_refused", "copy_race"},
		Fallback: "each attempt at a copy has a clean key of its own"},
	{Text: "Nothing that the client attached reaches the clean zone.", Needs: []string{"copy_replaces_headers"}},
	{Text: "An object that is gone is told from one that is forbidden.", Needs: []string{"missing_is_404"}},
	{Text: "Every stored upload is found.", Needs: []string{"notification"},
		Fallback: "the client's hint brings it, and the sweeper what nobody hinted at"},
	{Text: "A replay is deleted only as long as it is what was seen.", Needs: []string{"delete_condition"},
		Fallback: "a plain DELETE once the verdict is recorded: whatever is there then is a replay"},
	{Text: "An event tells the SHA-256 of the object.", Needs: []string{"copy_sha256"},
		Fallback: "null, unless the client declared one that the store checked"},
	{Text: "A browser of another origin may upload.", Needs: []string{"cors"}, Fallback: "serve page and store from one origin"},
	{Text: "A part of a multipart upload has exactly the length that was signed.", Needs: []string{"part_length"},
		Fallback: "the sum of all parts has to be compared before they become an object"},
	{Text: "A form (POST) can store only what its policy holds.", Needs: []string{"post_signature", "post_policy"}},
}

// Promises says how each promise holds on a store with these features.
func Promises(features []Feature) []Promise {
	holds := map[string]Answer{}
	for _, f := range features {
		holds[f.Name] = f.Holds
	}
	out := slices.Clone(promises)
	for i, p := range out {
		out[i].State = Holds
		for _, need := range p.Needs {
			out[i].State = worse(out[i].State, p.stateBy(holds[need]))
		}
	}
	return out
}

func (p Promise) stateBy(a Answer) State {
	switch {
	case a == Yes:
		return Holds
	case a == No && p.Fallback != "":
		return ByFallback
	case a == No:
		return DoesNot
	}
	return NotKnown
}

func worse(a, b State) State {
	order := []State{Holds, ByFallback, NotKnown, DoesNot}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}
