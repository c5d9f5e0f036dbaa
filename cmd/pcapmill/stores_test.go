//go:build s3

package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/rogpeppe/go-internal/testscript"
)

// faulty stands before a store. It asks for the conditions that the store does not know, and
// fails as it is told.
type faulty struct {
	inner http.Handler

	mu     sync.Mutex
	mode   string
	seen   map[string]int // requests in this mode
	ranges []string       // of all GETs
	stood  int            // requests that were not answered,
	left   int            // and those of them whose client went away
}

// stand answers a request never, and no request in time.
func (f *faulty) stand(r *http.Request) {
	f.mu.Lock()
	f.stood++
	f.mu.Unlock()
	select {
	case <-r.Context().Done():
		f.mu.Lock()
		f.left++
		f.mu.Unlock()
	case <-time.After(20 * time.Second):
	}
	panic(http.ErrAbortHandler)
}

// long reports whether a request is for a mebibyte or more.
func long(r *http.Request) bool {
	var from, to int64
	n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to)
	return n == 2 && to-from >= 1<<20-1
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	what := r.Method + " " + r.URL.Path + " " + r.Header.Get("Range")
	f.seen[what]++
	n, mode := f.seen[what], f.mode
	reading := r.Method == http.MethodGet && r.Header.Get("Range") != ""
	if reading {
		f.ranges = append(f.ranges, r.Header.Get("Range"))
	}
	f.mu.Unlock()
	if r.URL.Query().Has("X-Secret") || strings.Contains(r.Header.Get("Authorization"), "SECRETKEY") {
		http.Error(w, "the secret key travels", http.StatusTeapot)
		return
	}
	switch {
	case mode == "stand" && reading && long(r):
		f.stand(r)
	case mode == "500" && n <= 2, mode == "down":
		fail(w, http.StatusInternalServerError, "InternalError", "We encountered an internal error.")
		return
	case mode == "denied":
		fail(w, http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
		return
	case mode == "moved":
		w.Header().Set("X-Amz-Bucket-Region", "eu-central-1")
		fail(w, http.StatusMovedPermanently, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.")
		return
	case mode == "payer" && r.Header.Get("X-Amz-Request-Payer") != "requester":
		fail(w, http.StatusForbidden, "AccessDenied", "Access Denied")
		return
	case mode == "nowrite" && r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "sample_table.bin"):
		fail(w, http.StatusInternalServerError, "InternalError", "We encountered an internal error.")
		return
	case mode == "change" && reading && strings.HasSuffix(r.URL.Path, "aim_chat1.pcap") && !strings.HasPrefix(r.Header.Get("Range"), "bytes=0-"):
		f.replace(r.URL.Path)
	}
	if want := r.Header.Get("If-Match"); want != "" && r.Method != http.MethodPut {
		if have := f.ask(http.MethodHead, r.URL.Path, nil).Header().Get("ETag"); have != want {
			fail(w, http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
			return
		}
		r.Header.Del("If-Match")
	}
	if r.Header.Get("If-None-Match") == "*" && f.ask(http.MethodHead, r.URL.Path, nil).Code == http.StatusOK {
		fail(w, http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
		return
	}
	if !reading || mode != "reset" && mode != "slow" {
		f.inner.ServeHTTP(w, r)
		return
	}
	whole := httptest.NewRecorder()
	f.inner.ServeHTTP(whole, r)
	for k, v := range whole.Header() {
		w.Header()[k] = v
	}
	body := whole.Body.Bytes()
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(whole.Code)
	if mode == "reset" && n <= 2 {
		_, _ = w.Write(body[:len(body)/2]) // nobody may listen any more
		panic(http.ErrAbortHandler)
	}
	for len(body) > 0 {
		m := min(len(body), 40<<10)
		if _, err := w.Write(body[:m]); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		time.Sleep(2 * time.Millisecond)
		body = body[m:]
	}
}

func fail(w http.ResponseWriter, status int, code, text string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, text)
}

func (f *faulty) ask(method, path string, body []byte) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, "http://localhost"+path, bytes.NewReader(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	f.inner.ServeHTTP(w, r)
	return w
}

// replace changes the last byte of an object, unless that was done.
func (f *faulty) replace(path string) {
	f.mu.Lock()
	done := f.seen["replace "+path]
	f.seen["replace "+path]++
	f.mu.Unlock()
	if done == 0 {
		b := f.ask(http.MethodGet, path, nil).Body.Bytes()
		b[len(b)-1]++
		f.ask(http.MethodPut, path, b)
	}
}

// TestStores are scripts with a store beside them. Its command is "store":
//
//	store mode MODE      what goes wrong from now on; "" nothing
//	store put FILE KEY   s3://bucket/KEY
//	store get KEY DIR    everything below it
//	store has KEY... ; !store has KEY
//	store stands         waits until a request for a mebibyte gets no answer, in mode "stand"
//	store left           who asked has gone
//	store gets KEY LEAST
func TestStores(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/stores", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			f := &faulty{inner: gofakes3.New(s3mem.New()).Server(), seen: map[string]int{}}
			s := httptest.NewServer(f)
			e.Defer(s.Close)
			f.ask(http.MethodPut, "/bucket", nil)
			e.Values["store"] = f
			e.Setenv("AWS_ENDPOINT_URL", s.URL)
			e.Setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
			e.Setenv("AWS_SECRET_ACCESS_KEY", "SECRETKEY")
			e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			e.Setenv("GORACE", "atexit_sleep_ms=20")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"store": storeCommand, "exits": exitsCommand, "mkcap": mkcapCommand, "pack": packCommand, "patch": patchCommand, "jsonl": jsonlCommand, "rotate": rotateCommand,
		},
	})
}

func storeCommand(ts *testscript.TestScript, neg bool, args []string) {
	f := ts.Value("store").(*faulty)
	switch args[0] {
	case "mode":
		f.mu.Lock()
		f.mode, f.seen = args[1], map[string]int{}
		f.mu.Unlock()
	case "put":
		root := ts.MkAbs(args[1])
		ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			key := args[2]
			if rel, err := filepath.Rel(root, path); err == nil && rel != "." {
				key += "/" + filepath.ToSlash(rel)
			}
			b, err := os.ReadFile(path)
			if w := f.ask(http.MethodPut, "/bucket/"+key, b); err == nil && w.Code != http.StatusOK {
				err = fmt.Errorf("%s: %d %s", key, w.Code, w.Body)
			}
			return err
		}))
	case "get":
		keys := f.keys(args[1])
		if len(keys) == 0 {
			ts.Fatalf("there is nothing below %s", args[1])
		}
		for _, key := range keys {
			path := filepath.Join(ts.MkAbs(args[2]), filepath.FromSlash(strings.TrimPrefix(key, args[1])))
			ts.Check(os.MkdirAll(filepath.Dir(path), 0o777))
			ts.Check(os.WriteFile(path, f.ask(http.MethodGet, "/bucket/"+key, nil).Body.Bytes(), 0o666))
		}
	case "has":
		for _, key := range args[1:] {
			if has := f.ask(http.MethodHead, "/bucket/"+key, nil).Code == http.StatusOK; has == neg {
				ts.Fatalf("%s is there: %t", key, has)
			}
		}
	case "ranges": // at least so many different ones were asked for
		want, err := strconv.Atoi(args[1])
		ts.Check(err)
		different := map[string]bool{}
		for _, r := range f.ranges {
			different[r] = true
		}
		if len(different) < want {
			ts.Fatalf("%d different ranges, need %d", len(different), want)
		}
	case "stands": // waits until a request is not answered
		for range 2000 {
			f.mu.Lock()
			stood := f.stood
			f.mu.Unlock()
			if stood > 0 {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		ts.Fatalf("no request was left standing")
	case "left": // by the client
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.left != f.stood || f.stood == 0 {
			ts.Fatalf("of %d requests that stood still the client left %d", f.stood, f.left)
		}
		f.stood, f.left = 0, 0
	default:
		ts.Fatalf("store %s?", args[0])
	}
}

func (f *faulty) keys(prefix string) (keys []string) {
	body := f.ask(http.MethodGet, "/bucket?list-type=2&prefix="+prefix, nil).Body
	text, err := io.ReadAll(body)
	if err != nil {
		return nil
	}
	for _, part := range strings.Split(string(text), "<Key>")[1:] {
		key, _, _ := strings.Cut(part, "</Key>")
		keys = append(keys, key)
	}
	return keys
}
