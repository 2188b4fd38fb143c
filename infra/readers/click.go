package readers

import (
	"context"
	"errors"
	"time"
)

// touch clicks whatever is there, and answers whether it is a document that was read to its end. It runs
// beside the document, in a world of its own: no script of the file is taken for it, nor it for one.
const touch = `(async wait => {
  const later = ms => new Promise(r => setTimeout(r, ms));
  await later(wait);
  const all = [...document.querySelectorAll("*")].slice(0, 300);
  for (const e of all) {
    if (e.hasAttribute("target")) e.removeAttribute("target");
    for (const type of ["mouseover", "mousedown", "mouseup", "click", "focusin"]) {
      e.dispatchEvent(new MouseEvent(type, {bubbles: true, cancelable: true, composed: true, view: window}));
    }
  }
  await later(wait);
  return !document.querySelector("parsererror") && all.length > 0;
})`

func (t *tab) look(ctx context.Context, f file, patient bool) (answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, longest, errors.New("it took too long"))
	defer cancel()
	a, err := t.show(ctx, f, patient)
	if err != nil {
		t.shut()
	}
	return a, err
}

func (t *tab) show(ctx context.Context, f file, patient bool) (a answer, err error) {
	if t.b == nil {
		if err := t.open(ctx); err != nil {
			return a, err
		}
	}
	t.mu.Lock()
	t.canary.show(f)
	t.saw, t.scripts, t.clicked = nil, nil, false
	t.mu.Unlock()
	forget(t.loaded)
	forget(t.viewer)
	var nav struct{ ErrorText string }
	if err := t.b.call(ctx, t.session, "Page.navigate", object{"url": t.address()}, &nav); err != nil {
		return a, err
	}
	select {
	case <-t.loaded:
	case <-ctx.Done():
		return a, context.Cause(ctx)
	case <-t.b.done:
		return a, errGone
	}
	wait := 20
	if patient {
		wait = 700
	}
	if f.kind == pdf {
		a.Opened, err = t.press(ctx, time.Duration(wait)*time.Millisecond)
	} else {
		a.Opened, err = t.click(ctx, wait)
	}
	t.mu.Lock()
	a.Saw = append(t.saw, t.canary.take()...)
	scripts := t.scripts
	t.mu.Unlock()
	for _, s := range scripts {
		if t.says(ctx, s) {
			a.Saw = append(a.Saw, sight{"script", "of " + s.url})
		}
	}
	return a, err
}

func (t *tab) click(ctx context.Context, wait int) (opened bool, err error) {
	t.mu.Lock()
	t.clicked = true
	t.mu.Unlock()
	var world struct{ ExecutionContextID int }
	if err := t.b.call(ctx, t.session, "Page.createIsolatedWorld", object{"frameId": t.main}, &world); err != nil {
		return false, err
	}
	var value struct{ Result struct{ Value bool } }
	err = t.b.call(ctx, t.session, "Runtime.evaluate", object{
		"expression": touch + "(" + string(mustJSON(wait)) + ")", "contextId": world.ExecutionContextID,
		"awaitPromise": true, "returnByValue": true, "userGesture": true,
	}, &value)
	return value.Result.Value, err
}
