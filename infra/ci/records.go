package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// records are the steps that were green on this machine: a file for each step and hash of its inputs.
// Several runs may read and write them at once.
type records struct{ dir string }

// mostRecords is how many are kept of a step: who goes back further runs it again.
const mostRecords = 50

func openRecords() (records, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return records{}, fmt.Errorf("where is the cache? %w", err)
	}
	return records{filepath.Join(cache, "airlock", "ci")}, nil
}

func (r records) file(name, hash string) string { return filepath.Join(r.dir, name, hash+".json") }

// green is what is known of a step with these inputs. A file that cannot be read is none.
func (r records) green(name, hash string) (rec record, ok bool) {
	text, err := os.ReadFile(r.file(name, hash))
	if hash == "" || err != nil || json.Unmarshal(text, &rec) != nil || rec.At.IsZero() {
		return record{}, false
	}
	return rec, true
}

// last is when a step was last green here, whatever its inputs were.
func (r records) last(name string) (at time.Time) {
	for _, rec := range r.of(name) {
		if rec.At.After(at) {
			at = rec.At
		}
	}
	return at
}

// of is all that is known of a step, by file.
func (r records) of(name string) map[string]record {
	all := map[string]record{}
	files, _ := filepath.Glob(r.file(name, "*"))
	for _, file := range files {
		var rec record
		if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &rec) == nil {
			all[file] = rec
		}
	}
	return all
}

// note keeps that a step was green, at once or not at all.
func (r records) note(name, hash string, rec record) error {
	text, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	file := r.file(name, hash)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), "*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(text); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), file); err != nil {
		return err
	}
	return r.forget(name)
}

// forget removes the oldest records of a step beyond the most that are kept.
func (r records) forget(name string) error {
	all := r.of(name)
	files := make([]string, 0, len(all))
	for file := range all {
		files = append(files, file)
	}
	slices.SortFunc(files, func(a, b string) int { return all[b].At.Compare(all[a].At) })
	for _, file := range files[min(len(files), mostRecords):] {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}
