package s3front

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// documents are a kind of bucket configuration that is kept and given back as it came: one per
// bucket, in memory and as a file.
type documents struct {
	dir string

	mu       sync.RWMutex
	byBucket map[string][]byte
}

// openDocuments reads what an earlier gateway left in dir.
func openDocuments(dir string) (*documents, error) {
	all, err := readDocuments(dir)
	if err != nil {
		return nil, err
	}
	return &documents{dir: dir, byBucket: all}, nil
}

// get returns nil where there is none.
func (d *documents) get(bucket string) []byte {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.byBucket[bucket]
}

// set replaces a bucket's document; nil removes it.
func (d *documents) set(bucket string, doc []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := writeDocument(d.dir, bucket, doc); err != nil {
		return err
	}
	d.byBucket[bucket] = doc
	return nil
}

// readDocuments makes dir if it isn't there, and returns the documents in it by bucket.
func readDocuments(dir string) (map[string][]byte, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil {
		return nil, err
	}
	all := make(map[string][]byte)
	for _, f := range files {
		bucket := strings.TrimSuffix(filepath.Base(f), ".xml")
		if all[bucket], err = os.ReadFile(f); err != nil {
			return nil, fmt.Errorf("read the configuration of bucket %s: %w", bucket, err)
		}
	}
	return all, nil
}

// writeDocument replaces a bucket's file as a whole; nil removes it.
func writeDocument(dir, bucket string, doc []byte) error {
	file := filepath.Join(dir, bucket+".xml")
	if doc == nil {
		if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := os.WriteFile(file+".new", doc, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
