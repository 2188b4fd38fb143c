package fault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
)

// answer replies in the server's stead.
func answer(w http.ResponseWriter, r *http.Request, rule Rule) {
	text := body(r, rule)
	h := w.Header()
	h.Set("X-Amz-Request-Id", "FAULT")
	h.Set("Content-Type", "application/xml")
	if isSQS(r) {
		h.Set("Content-Type", "application/x-amz-json-1.0")
		h.Set("X-Amzn-Query-Error", rule.code()+";Receiver")
	}
	h.Set("Content-Length", strconv.Itoa(text.Len()))
	status := rule.status()
	if rule.Kind == EmptyBody {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text.Bytes())
	}
}

// body is an error as S3 or SQS writes it, or nothing.
func body(r *http.Request, rule Rule) *bytes.Buffer {
	var b bytes.Buffer
	switch {
	case rule.Kind == EmptyBody:
	case isSQS(r):
		fmt.Fprintf(&b, `{"__type":"com.amazonaws.sqs#%s","message":"injected"}`, rule.code())
	default:
		fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<Error><Code>%s</Code><Message>injected</Message><RequestId>FAULT</RequestId></Error>`, rule.code())
	}
	return &b
}

func isSQS(r *http.Request) bool { return r.Header.Get("X-Amz-Target") != "" }

// maxBatch is more than SQS takes in one request (1 MiB of messages), escaped.
const maxBatch = 8 << 20

// failEntries takes every second entry out of an SQS batch, lets the server do the others and adds
// those to its answer as failed. The signature no longer fits; neither the dev stack nor LocalStack
// checks it.
func (p *HTTP) failEntries(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBatch))
	var in map[string]json.RawMessage
	var entries []json.RawMessage
	if err == nil {
		err = json.Unmarshal(raw, &in)
	}
	if err == nil {
		err = json.Unmarshal(in["Entries"], &entries)
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	var kept, failed []json.RawMessage
	for i, e := range entries {
		if i%2 == 1 {
			kept = append(kept, e)
			continue
		}
		failed = append(failed, failure(e))
	}
	reply := map[string]json.RawMessage{"Successful": json.RawMessage("[]")}
	if len(kept) > 0 {
		if reply = p.ask(r, in, kept); reply == nil {
			panic(http.ErrAbortHandler)
		}
	}
	var more []json.RawMessage
	_ = json.Unmarshal(reply["Failed"], &more)
	reply["Failed"], _ = json.Marshal(append(failed, more...))
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(reply)
}

// failure is the answer's entry for a request's entry that was not done.
func failure(entry json.RawMessage) json.RawMessage {
	var e struct{ Id string }
	_ = json.Unmarshal(entry, &e)
	out, _ := json.Marshal(map[string]any{"Id": e.Id, "Code": "InternalFailure", "Message": "injected", "SenderFault": false})
	return out
}

// ask sends the batch with these entries; nil if the server's answer is not one.
func (p *HTTP) ask(r *http.Request, in map[string]json.RawMessage, entries []json.RawMessage) map[string]json.RawMessage {
	in["Entries"], _ = json.Marshal(entries)
	raw, _ := json.Marshal(in)
	again := r.Clone(r.Context())
	again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	again.Header.Set("Content-Length", strconv.Itoa(len(raw)))
	got := httptest.NewRecorder()
	p.forward.ServeHTTP(got, again)
	var reply map[string]json.RawMessage
	if got.Code != http.StatusOK || json.Unmarshal(got.Body.Bytes(), &reply) != nil {
		return nil
	}
	return reply
}
