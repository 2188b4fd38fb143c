package readers

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"time"
)

// chromium opens files as pages of their own, and clicks all that can be clicked. Each of its tabs is a
// reader; all share a browser, which is begun again when it is gone.
type chromium struct {
	program string
	profile func() string // makes room for one

	mu      sync.Mutex
	running *browser
}

func (c *chromium) browser() (*browser, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running != nil {
		select {
		case <-c.running.done:
			c.running.close()
			c.running = nil
		default:
			return c.running, nil
		}
	}
	b, err := startBrowser(c.program, c.profile())
	if err == nil {
		c.running = b
	}
	return b, err
}

func (c *chromium) close() {
	if c.running != nil {
		c.running.close()
	}
}

// tab is a page in a context of its own, whose network is a canary.
type tab struct {
	from    *chromium
	canary  *canary
	b       *browser
	session string
	context string

	mu      sync.Mutex
	saw     []sight
	scripts []script
	clicked bool
	link    string        // the last that was followed, perhaps of the file before
	main    string        // the frame of the file itself
	loaded  chan struct{} // has room for one
	viewer  chan string   // sessions of the PDF viewer's frame; has room for one
}

// script is one that Chromium has read.
type script struct{ id, url string }

// says tells whether there is anything in it but blanks: Chromium takes a handler of nothing for one, too.
func (t *tab) says(ctx context.Context, s script) bool {
	var source struct{ ScriptSource string }
	err := t.b.call(ctx, t.session, "Debugger.getScriptSource", object{"scriptId": s.id}, &source)
	return err != nil || strings.TrimSpace(source.ScriptSource) != ""
}

func newTab(from *chromium) (*tab, error) {
	c, err := newCanary()
	return &tab{from: from, canary: c, loaded: make(chan struct{}, 1), viewer: make(chan string, 1)}, err
}

type object = map[string]any

func (t *tab) open(ctx context.Context) (err error) {
	if t.b, err = t.from.browser(); err != nil {
		return err
	}
	var made struct{ BrowserContextID, TargetID, SessionID string }
	if err = t.b.call(ctx, "", "Target.createBrowserContext", object{"proxyServer": "http://" + t.canary.address, "proxyBypassList": "<-loopback>", "disposeOnDetach": true}, &made); err != nil {
		return err
	}
	t.context = made.BrowserContextID
	if err = t.b.call(ctx, "", "Target.createTarget", object{"url": "about:blank", "browserContextId": made.BrowserContextID}, &made); err != nil {
		return err
	}
	if err = t.b.call(ctx, "", "Target.attachToTarget", object{"targetId": made.TargetID, "flatten": true}, &made); err != nil {
		return err
	}
	t.session, t.main = made.SessionID, made.TargetID // the main frame is called as its target
	t.b.mu.Lock()
	t.b.sessions[t.session] = t.heard
	t.b.mu.Unlock()
	for _, c := range []struct {
		method string
		params object
	}{
		{"Page.enable", nil},
		{"Debugger.enable", nil},
		{"Network.enable", nil},
		{"Target.setAutoAttach", object{"autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true}},
		{"Fetch.enable", object{"patterns": []object{{"resourceType": "Document"}}}},
	} {
		if c.params == nil {
			c.params = object{}
		}
		if err = t.b.call(ctx, t.session, c.method, c.params, nil); err != nil {
			return err
		}
	}
	return nil
}

// heard takes an event. It may not wait for an answer: it is who reads them.
func (t *tab) heard(method string, params json.RawMessage) {
	var p struct {
		RequestID, FrameID, URL, Message, Reason, SessionID string
		Request                                             struct{ URL string }
		Type                                                string
		ScriptID                                            string
		ExecutionContextAuxData                             struct{ IsDefault bool }
	}
	if json.Unmarshal(params, &p) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch method {
	case "Target.attachedToTarget":
		offer(t.viewer, p.SessionID)
	case "Network.requestWillBeSent":
		if p.Type == "Document" { // which is paused, and told, below
			return
		}
		t.canary.expect(cmp.Or(map[string]string{"Image": "picture", "Stylesheet": "colours"}[p.Type], "fetch"), p.Request.URL)
	case "Page.loadEventFired":
		offer(t.loaded, struct{}{})
	case "Page.javascriptDialogOpening":
		t.saw = append(t.saw, sight{"script", "opens a dialog: " + p.Message})
		_, _ = t.b.send(t.session, "Page.handleJavaScriptDialog", object{"accept": true})
	case "Debugger.scriptParsed", "Debugger.scriptFailedToParse":
		if p.ExecutionContextAuxData.IsDefault {
			t.scripts = append(t.scripts, script{p.ScriptID, p.URL})
		}
	case "Page.frameRequestedNavigation":
		switch {
		case p.FrameID != t.main || p.URL == t.address():
		case p.Reason == "anchorClick":
			t.saw, t.link = append(t.saw, sight{"link", p.URL}), p.URL
		default: // metaTagRefresh, scriptInitiated, formSubmissionGet
			t.saw = append(t.saw, sight{"opens", p.URL + " by " + p.Reason})
		}
	case "Fetch.requestPaused":
		if p.Request.URL == t.address() || p.FrameID != t.main {
			_, _ = t.b.send(t.session, "Fetch.continueRequest", object{"requestId": p.RequestID})
			return
		}
		kind := "opens"
		if t.clicked || p.Request.URL == t.link {
			kind = "link"
		}
		t.saw = append(t.saw, sight{kind, p.Request.URL})
		_, _ = t.b.send(t.session, "Fetch.failRequest", object{"requestId": p.RequestID, "errorReason": "Aborted"})
	}
}

func (t *tab) address() string { return origin + url.PathEscape(t.canary.shown.name) }

// offer puts v into a channel that has room for one, in place of what is there.
func offer[T any](c chan T, v T) {
	forget(c)
	c <- v
}

func forget[T any](c chan T) {
	select {
	case <-c:
	default:
	}
}

func mustJSON(v any) []byte { b, _ := json.Marshal(v); return b }

// viewed waits for Chromium's PDF viewer, an extension that has a frame of its own, and answers what
// became of the file.
const viewed = `(async () => {
  for (let i = 0; i < 400; i++) {
    const state = document.querySelector("pdf-viewer")?.loadState_;
    if (state && state !== "loading") return state;
    await new Promise(r => setTimeout(r, 25));
  }
  return "";
})()`

// settled waits until the viewer has drawn and its plugin has done all that it was told.
const settled = `(async () => {
  await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
  await document.querySelector("pdf-viewer").currentController?.getSelectedText?.();
})()`

// press waits until a PDF is there, then clicks in the middle of its first page.
func (t *tab) press(ctx context.Context, wait time.Duration) (opened bool, err error) {
	var viewer string
	ask := func(expression string, result any) error {
		return t.b.call(ctx, viewer, "Runtime.evaluate", object{"expression": expression, "awaitPromise": true, "returnByValue": true}, result)
	}
	var state struct{ Result struct{ Value string } }
	for state.Result.Value == "" {
		select {
		case s := <-t.viewer:
			viewer = s
		case <-time.After(wait): // it was not yet the viewer's page
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-t.b.done:
			return false, errGone
		}
		if viewer != "" {
			_ = ask(viewed, &state)
		}
	}
	time.Sleep(wait)
	t.mu.Lock()
	t.saw, t.clicked = append(t.saw, t.canary.take()...), true
	t.mu.Unlock()
	for range 2 { // what is not yet painted is not hit
		_ = ask(settled, nil)
		for _, kind := range []string{"mouseMoved", "mousePressed", "mouseReleased"} {
			at := object{"type": kind, "x": 400, "y": 300, "button": "left", "clickCount": 1}
			if err := t.b.call(ctx, t.session, "Input.dispatchMouseEvent", at, nil); err != nil {
				return false, err
			}
		}
	}
	_ = ask(settled, nil)
	time.Sleep(wait)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.canary.take() { // a click's own navigation, also that of a form
		t.saw = append(t.saw, sight{"link", s[1]})
	}
	return state.Result.Value == "success", nil
}

func (t *tab) shut() {
	if t.b != nil {
		t.b.mu.Lock()
		delete(t.b.sessions, t.session)
		t.b.mu.Unlock()
		if _, err := t.b.send("", "Target.disposeBrowserContext", object{"browserContextId": t.context}); err != nil {
			t.b.close()
		}
		t.b = nil
	}
}

func (t *tab) close() { t.canary.close() }
