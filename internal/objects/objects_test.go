package objects

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
)

// memory is a store in memory whose requests go wrong as its faults say.
type memory struct {
	mu      sync.Mutex
	objects map[Place][]byte
	tags    map[Place]string
	puts    []string

	fault func(n int, from, to int64) string // of the n-th get: "", "fail", "break", "still", "change"
	gets  int
	asked []int64 // lengths
}

func newMemory() *memory {
	return &memory{objects: map[Place][]byte{}, tags: map[Place]string{}, fault: func(int, int64, int64) string { return "" }}
}

func (m *memory) set(p Place, b []byte) {
	m.objects[p] = b
	m.tags[p] = fmt.Sprintf("%q", fmt.Sprint(len(m.tags), len(b), rand.Int64()))
}

func (m *memory) head(_ context.Context, p Place, version string) (*Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.objects[p]
	if !ok {
		return nil, fs.ErrNotExist
	}
	if version != "" && m.tags[p] != version {
		return nil, ErrChanged
	}
	return &Info{Place: p, Bytes: int64(len(b)), Tag: m.tags[p]}, nil
}

func (m *memory) list(_ context.Context, p Place, found func(*Info) bool) error {
	var keys []string
	for o := range m.objects {
		if o.Bucket == p.Bucket && strings.HasPrefix(o.Key, p.Key) {
			keys = append(keys, o.Key)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		o := Place{p.Bucket, k}
		if !found(&Info{Place: o, Bytes: int64(len(m.objects[o])), Tag: m.tags[o]}) {
			break
		}
	}
	return nil
}

func (m *memory) get(ctx context.Context, p Place, version string, from, to int64) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gets++
	m.asked = append(m.asked, to-from)
	fault := m.fault(m.gets, from, to)
	if fault == "change" {
		m.set(p, slices.Clone(m.objects[p]))
	}
	switch {
	case fault == "fail":
		return nil, errors.New("500")
	case m.tags[p] != version:
		return nil, ErrChanged
	case fault == "still":
		return io.NopCloser(stuck{ctx}), nil
	}
	r := io.Reader(bytes.NewReader(m.objects[p][from:to]))
	if fault == "break" {
		r = io.MultiReader(io.LimitReader(r, (to-from)/2), iotest.ErrReader(errors.New("reset by peer")))
	}
	return io.NopCloser(r), nil
}

// stuck gives nothing until the request is given up.
type stuck struct{ ctx context.Context }

func (s stuck) Read([]byte) (int, error) { <-s.ctx.Done(); return 0, s.ctx.Err() }

func (m *memory) put(_ context.Context, p Place, body io.ReaderAt, size int64, once bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.objects[p]; ok && once {
		return fs.ErrExist
	}
	b, err := io.ReadAll(io.NewSectionReader(body, 0, size))
	if err != nil {
		return err
	}
	m.set(p, b)
	m.puts = append(m.puts, p.Key)
	return nil
}

func (m *memory) use(t *testing.T) {
	before := dial
	dial = func(context.Context) (store, error) { return m, nil }
	t.Cleanup(func() { dial = before })
}

var quick = patience{4, time.Microsecond, 20 * time.Millisecond}

func (m *memory) open(p Place) *object {
	info, err := m.head(context.Background(), p, "")
	if err != nil {
		panic(err)
	}
	o := newObject(context.Background(), m, info)
	o.p = quick
	return o
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b) // never fails
	return b
}

// TestReads: whatever is read, in whatever way and by however many, while requests fail and
// bodies break off, is what the object holds.
func TestReads(t *testing.T) {
	all := randomBytes(3*bigWindow + 12345)
	draw.Check(t, func(t *rapid.T) {
		m, p := newMemory(), Place{"b", "k"}
		size := rapid.OneOf(rapid.IntRange(1, 300_000), rapid.IntRange(1, len(all))).Draw(t, "size")
		m.set(p, all[:size])
		faults := rapid.SliceOfN(rapid.SampledFrom([]string{"", "", "fail", "break"}), 1, 8).Draw(t, "faults")
		m.fault = func(n int, _, _ int64) string {
			if n%3 == 0 {
				return "" // so that none fails too often in a row
			}
			return faults[n%len(faults)]
		}
		o := m.open(p)
		o.p.tries = 100
		reads := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [3]int {
			from := rapid.IntRange(0, size).Draw(t, "from")
			return [3]int{rapid.IntRange(0, 2).Draw(t, "way"), from, rapid.IntRange(from, min(size, from+rapid.SampledFrom([]int{10, 100_000, 1 << 20, size}).Draw(t, "most"))).Draw(t, "to")}
		}), 1, 12).Draw(t, "reads")
		bad := make([]string, len(reads))
		var wg sync.WaitGroup
		for i, r := range reads {
			from, to := r[1], r[2]
			read := func() {
				have := make([]byte, to-from)
				var err error
				if r[0] == 0 {
					_, err = io.ReadFull(Section(o, int64(from), int64(to)), have)
				} else {
					_, err = o.ReadAt(have, int64(from))
				}
				if err == io.EOF && len(have) == 0 {
					err = nil
				}
				if err != nil || !bytes.Equal(have, all[from:to]) {
					bad[i] = fmt.Sprintf("%v: %v, same bytes: %t", r, err, bytes.Equal(have, all[from:to]))
				}
			}
			wg.Add(1)
			go func() { defer wg.Done(); read() }()
		}
		wg.Wait()
		for _, text := range bad {
			if text != "" {
				t.Fatal(text)
			}
		}
		whole, err := io.ReadAll(o)
		if err != nil || !bytes.Equal(whole, all[:size]) {
			t.Fatalf("the whole: %v, %d bytes of %d", err, len(whole), size)
		}
		if n, err := o.ReadAt(make([]byte, 10), int64(size)-1); n != 1 || err != io.EOF {
			t.Fatalf("at the end: %d, %v", n, err)
		}
		for _, w := range []*windows{&o.big, &o.small} {
			if w.wait(); len(w.open) > w.most {
				t.Fatalf("%d windows of %d bytes are kept, need at most %d", len(w.open), w.length, w.most)
			}
			for _, x := range w.open {
				if x.users != 0 {
					t.Fatalf("window %d is in use by %d", x.number, x.users)
				}
			}
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestLooking: whoever looks at the first bytes costs one short request.
func TestLooking(t *testing.T) {
	m, p := newMemory(), Place{"b", "k"}
	m.set(p, randomBytes(10<<20))
	o := m.open(p)
	if _, err := io.ReadFull(o, make([]byte, 512)); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil || len(m.asked) != 1 || m.asked[0] != first {
		t.Errorf("%v, requests of %v bytes, need one of %d", err, m.asked, first)
	}
}

// TestAhead: windows behind one that is read are there soon, but none behind what is expected.
func TestAhead(t *testing.T) {
	m, p := newMemory(), Place{"b", "k"}
	m.set(p, randomBytes(5*bigWindow))
	o := m.open(p)
	Expect(o, 2*bigWindow)
	buf := make([]byte, 1<<20)
	for at := int64(0); at < 2*bigWindow; at += int64(len(buf)) {
		if _, err := o.ReadAt(buf, at); err != nil {
			t.Fatal(err)
		}
	}
	if o.big.wait(); len(m.asked) != 2 {
		t.Errorf("%d requests, need 2", len(m.asked))
	}
	_ = o.Close()
}

// TestChanged: an object that is replaced is an error, and never a mixture.
func TestChanged(t *testing.T) {
	m, p := newMemory(), Place{"b", "k"}
	m.set(p, randomBytes(3*bigWindow))
	m.fault = func(n int, from, _ int64) string {
		if n == 2 {
			return "change"
		}
		return ""
	}
	o := m.open(p)
	b, err := io.ReadAll(o)
	var path *fs.PathError
	if !errors.Is(err, ErrChanged) || !errors.As(err, &path) || path.Path != "s3://b/k" || len(b) != first {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if m.gets != 2 {
		t.Errorf("%d requests: it is of no use to ask again", m.gets)
	}
	_ = o.Close()
}

// TestGivenUp: requests that fail or stand still are tried again, and not for ever.
func TestGivenUp(t *testing.T) {
	for _, fault := range []string{"fail", "still"} {
		m, p := newMemory(), Place{"b", "k"}
		m.set(p, randomBytes(1000))
		m.fault = func(int, int64, int64) string { return fault }
		o := m.open(p)
		if _, err := o.ReadAt(make([]byte, 10), 0); err == nil || fault == "still" && !errors.Is(err, errStill) || m.gets != quick.tries {
			t.Errorf("%s: %v after %d requests", fault, err, m.gets)
		}
		m.fault = func(n int, _, _ int64) string { return "" }
		if _, err := o.ReadAt(make([]byte, 10), 0); err != nil {
			t.Errorf("%s: an error is kept: %v", fault, err)
		}
		_ = o.Close()
	}
}

// TestClosed: closing ends what is under way.
func TestClosed(t *testing.T) {
	m, p := newMemory(), Place{"b", "k"}
	m.set(p, randomBytes(1000))
	m.fault = func(int, int64, int64) string { return "still" }
	o := m.open(p)
	o.p.still = time.Hour
	done := make(chan error)
	go func() {
		_, err := o.ReadAt(make([]byte, 10), 0)
		done <- err
	}()
	for m.count() == 0 {
		time.Sleep(time.Millisecond)
	}
	o.close()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func (m *memory) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gets
}

func TestParse(t *testing.T) {
	for path, want := range map[string]Place{
		"s3://b/k": {"b", "k"}, "s3://b": {"b", ""}, "s3://b/": {"b", ""}, "s3://b/a//c/": {"b", "a//c/"}, "s3://b/../x": {"b", "../x"},
	} {
		if have, err := Parse(path); have != want || err != nil {
			t.Errorf("%s: %v, %v", path, have, err)
		}
	}
	for _, path := range []string{"s3://", "s3:///k", "b/k", "s3:/b/k"} {
		if _, err := Parse(path); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}

// TestPrefix: what stands below a path, and what a path is.
func TestPrefix(t *testing.T) {
	m := newMemory()
	m.use(t)
	for _, k := range []string{"a/x", "a/y/z", "a/dir/", "ab", "b"} {
		m.set(Place{"b", k}, []byte(k))
	}
	ctx := context.Background()
	list, err := List(ctx, "s3://b/a")
	var names []string
	for _, i := range list {
		names = append(names, i.Relative("s3://b/a"))
	}
	if err != nil || !slices.Equal(names, []string{"x", "y/z"}) {
		t.Errorf("%v, %v", names, err)
	}
	for path, dir := range map[string]bool{"s3://b/a": true, "s3://b/a/": true, "s3://b": true, "s3://b/ab": false, "s3://b/a/x": false} {
		if i, err := Stat(ctx, path); err != nil || i.IsDir() != dir || i.Mode().IsRegular() == dir {
			t.Errorf("%s: %v, %v", path, i, err)
		}
	}
	if _, err := Stat(ctx, "s3://b/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Open(ctx, "s3://b/ab", "another"); !errors.Is(err, ErrChanged) {
		t.Error(err)
	}
}

// TestPutTree: the last one is put last and only where there is none, and nothing is put among other
// things.
func TestPutTree(t *testing.T) {
	m := newMemory()
	m.use(t)
	dir := t.TempDir()
	for name, text := range map[string]string{"manifest.json": "m", "a": "", "sub/b": "bb", "z": "z"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	ctx := context.Background()
	m.set(Place{"b", "d/z"}, []byte("of an upload that broke off"))
	n, size, err := PutTree(ctx, dir, "s3://b/d", "manifest.json")
	if err != nil || n != 4 || size != 4 || m.puts[len(m.puts)-1] != "d/manifest.json" || len(m.puts) != 4 || string(m.objects[Place{"b", "d/sub/b"}]) != "bb" {
		t.Fatalf("%d, %d, %v, %v", n, size, err, m.puts)
	}
	if _, _, err := PutTree(ctx, dir, "s3://b/d", "manifest.json"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another: %v", err)
	}
	m.puts = nil
	m.set(Place{"b", "e/other"}, nil)
	if _, _, err := PutTree(ctx, dir, "s3://b/e", "manifest.json"); err == nil || !strings.Contains(err.Error(), "s3://b/e/other") || m.puts != nil {
		t.Errorf("beside another: %v, %v", err, m.puts)
	}
}

// TestFiles: paths of this machine are files.
func TestFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte("abc"), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Open(context.Background(), path, "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(Section(f, 1, 3))
	if _, ok := f.(*os.File); !ok || string(b) != "bc" || err != nil {
		t.Errorf("%T, %q, %v", f, b, err)
	}
	if f, err := Open(context.Background(), path+"none", ""); f != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, %v", f, err)
	}
}
