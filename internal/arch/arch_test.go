// Package arch tests that the house is what docs/design.md says: which room
// imports which, where goroutines start, who speaks to a third-party library,
// and that every room says what it is.
package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/pcapmill/pcapmill"

// rooms says which of our packages each room may import. Imports go down only:
// a room stands above everything in its list.
var rooms = map[string][]string{
	"": {}, // doc.go: prose

	"capture/internal/bunzip": {"capture/internal/task"},
	"capture/internal/task":   {},
	"capture/internal/unxz":   {"capture/internal/task"},
	"capture/internal/pcap":   {},
	"capture/internal/pcapng": {},
	"capture/inflate":         {},
	"capture":                 {"capture/inflate", "header", "capture/internal/bunzip", "capture/internal/pcap", "capture/internal/pcapng", "capture/internal/unxz"},
	"header":                  {},
	"session":                 {"header"},
	"internal/sessions":       {"header", "session", "internal/pages"},
	"internal/timeorder":      {},
	"mask":                    {"capture", "header", "internal/names"},
	"sample":                  {},
	"internal/taskname":       {},
	"label":                   {"internal/taskname", "internal/typo", "internal/userfile"},
	"label/flows":             {"capture", "internal/userfile"},
	"internal/settings":       {},
	"internal/pages":          {},
	"internal/dedup":          {"internal/pages"},
	"internal/names":          {},
	"internal/forge":          {"header", "mask"},
	"split":                   {"dataset"},

	"internal/presets":                 {},
	"internal/bytelog":                 {"dataset", "internal/atomicfile", "internal/fsys"},
	"internal/lines":                   {"dataset", "dataset/idx", "internal/bytelog", "internal/fsys"},
	"internal/represent":               {"header", "internal/typo", "mask", "sample"},
	"internal/represent/representtest": {"header", "internal/full", "internal/represent", "internal/testcap", "mask", "sample"},

	"dataset":              {"internal/fsys"},
	"dataset/idx":          {"dataset", "internal/atomicfile", "internal/fsys"},
	"internal/rows":        {"dataset", "internal/bytelog", "internal/fsys"},
	"dataset/table":        {"dataset"},
	"dataset/csv":          {"dataset", "dataset/table"},
	"dataset/parquet":      {"dataset", "dataset/table", "internal/parallel"},
	"dataset/text":         {"dataset"},
	"dataset/nprint":       {"dataset"},
	"dataset/arrow":        {"dataset"},
	"dataset/mnist":        {"dataset", "dataset/idx"},
	"dataset/npy":          {"dataset"},
	"dataset/png":          {"dataset", "internal/parallel"},
	"dataset/wds":          {"dataset", "dataset/npy", "dataset/png", "internal/parallel", "dataset/table", "internal/plainjson"},
	"internal/datasettest": {"dataset", "internal/full", "internal/fsys", "internal/fsys/faulty"},
	"manifest":             {"internal/settings", "internal/plainjson", "internal/taskname"},
	"store": {
		"dataset", "dataset/idx", "internal/lines", "internal/bytelog", "internal/rows", "manifest", "split", "sample", "internal/dedup",
		"internal/atomicfile", "internal/fsys", "internal/parallel", "internal/typo", "internal/version",
	},
	"internal/storetest": {"manifest"},

	"mill": {
		"internal/forge", "internal/represent", "internal/settings", "capture", "header", "session", "mask", "sample", "label", "label/flows", "internal/dedup", "internal/sessions", "internal/timeorder", "manifest",
		"dataset", "store",
		"internal/archive", "internal/filesum", "internal/find", "internal/objects", "internal/parallel", "internal/version",
	},
	"internal/shard": {
		"capture", "session", "internal/sessions", "mill", "internal/atomicfile", "internal/fsys", "internal/objects", "internal/userfile",
	},
	"internal/export":    {"dataset", "manifest", "store", "internal/fsys", "internal/parallel", "internal/version"},
	"internal/card":      {"internal/settings", "split", "manifest", "dataset", "dataset/table", "internal/atomicfile", "internal/filesum", "internal/fsys", "internal/plainjson", "internal/typo"},
	"verify":             {"manifest", "dataset", "sample", "internal/dedup", "split", "store"},
	"internal/needle":    {},
	"audit":              {"header", "mask", "internal/represent", "internal/parallel", "internal/plainjson", "internal/userfile", "store", "dataset", "dataset/idx", "manifest"},
	"internal/parallel":  {},
	"verify/leak":        {"internal/settings", "internal/names", "dataset", "internal/needle", "capture", "header", "session", "mask", "manifest", "store", "internal/fsys"},
	"internal/report":    {"sample"},
	"internal/view":      {"internal/parallel", "internal/webreport", "audit", "dataset", "manifest", "store"},
	"internal/webreport": {"internal/settings", "internal/parallel", "audit", "dataset", "manifest", "store"},
	"internal/config":    {"internal/settings", "internal/typo", "internal/userfile"},
	"cmd/pcapmill": {
		"internal/forge", "internal/presets", "internal/represent", "internal/userfile", "internal/settings", "internal/config", "mill", "internal/shard", "audit", "verify", "verify/leak", "internal/card", "internal/report", "internal/webreport", "internal/view", "manifest", "split", "store", "label/flows", "label", "mask", "sample", "internal/dedup", "header", "session",
		"capture", "dataset/idx", "internal/atomicfile", "internal/fsys", "internal/objects", "internal/version", "internal/typo", "internal/plainjson",
		"dataset", "dataset/arrow", "dataset/csv", "dataset/mnist", "dataset/nprint", "dataset/npy", "dataset/parquet", "dataset/png", "dataset/text", "dataset/wds", "internal/export", "internal/sessionfiles",
	},

	"internal/sessionfiles": {"capture", "dataset", "header", "mask", "internal/fsys", "internal/plainjson"},

	"internal/fsys":        {},
	"internal/fsys/faulty": {"internal/fsys"},
	"internal/atomicfile":  {"internal/fsys"},
	"internal/filesum":     {},
	"internal/objects":     {"internal/parallel"},
	"internal/archive":     {"capture", "capture/inflate", "internal/objects"},
	"internal/find":        {"capture", "internal/archive", "internal/objects", "internal/parallel"},
	"internal/version":     {},
	"internal/userfile":    {},
	"internal/typo":        {},
	"internal/plainjson":   {},
	"internal/arch":        {},
	"internal/draw":        {},
	"internal/testcap":     {},
	"internal/testview":    {"dataset"},
	"internal/full":        {},
	"internal/groundtruth": {},
	"internal/twin":        {},
}

// libraries says which rooms may import a third-party library. One that is not
// listed may not be imported at all outside of tests.
var libraries = map[string][]string{
	"github.com/klauspost/compress":    {"capture", "dataset/mnist", "dataset/png", "internal/testcap", "internal/twin", "dev/bench"},
	"github.com/pierrec/lz4/v4":        {"capture", "internal/testcap", "internal/twin"},
	"github.com/ulikunitz/xz":          {"internal/archive", "internal/testcap", "internal/twin"},
	"github.com/zeebo/xxh3":            {"capture", "manifest", "internal/shard", "dev/bench"},
	"go.yaml.in/yaml/v4":               {"label", "internal/config"},
	"github.com/google/jsonschema-go":  {"internal/config"},
	"github.com/google/renameio/v2":    {"internal/fsys"},
	"github.com/gofrs/flock":           {"store"},
	"golang.org/x/sys":                 {"capture", "dataset/idx", "internal/fsys", "internal/pages", "dev/bench"},
	"github.com/aws/aws-sdk-go-v2":     {"internal/objects"},
	"github.com/aws/smithy-go":         {"internal/objects"},
	"golang.org/x/image":               {"internal/report"},
	"golang.org/x/net":                 {"verify/leak"},
	"golang.org/x/term":                {"cmd/pcapmill"},
	"github.com/spf13/cobra":           {"cmd/pcapmill"},
	"github.com/spf13/pflag":           {"cmd/pcapmill"},
	"github.com/vbauerster/mpb/v8":     {"cmd/pcapmill"},
	"github.com/mattn/go-runewidth":    {"cmd/pcapmill"},
	"github.com/parquet-go/parquet-go": {"dataset/parquet"},
	"github.com/gopacket/gopacket":     {"dev/bench", "internal/twin"},
	"github.com/google/go-cmp":         {"internal/datasettest", "internal/storetest"},
	"pgregory.net/rapid":               {"internal/draw"},
}

// testOnly may not reach the product.
var testOnly = []string{"internal/full", "internal/represent/representtest", "internal/draw", "internal/testcap", "internal/testview", "internal/twin", "internal/groundtruth", "internal/fsys/faulty", "internal/datasettest", "internal/storetest"}

// file is a parsed source file of the root module.
type file struct {
	path string // relative, with slashes
	room string // its folder; everything below dev/bench/ is the room dev/bench
	test bool
	ast  *ast.File
}

func root(t *testing.T) string {
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var (
	parse  sync.Once
	parsed []file
)

// sources returns every Go file of the root module; they are parsed once.
func sources(t *testing.T) []file {
	t.Helper()
	parse.Do(func() { parsed = parseAll(t) })
	if parsed == nil {
		t.Fatal("the sources could not be parsed")
	}
	return parsed
}

func parseAll(t *testing.T) []file {
	t.Helper()
	top := root(t)
	fset := token.NewFileSet()
	var files []file
	err := filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(p, "go.mod")); err == nil && p != top {
				return fs.SkipDir // a module of its own
			}
			if name := d.Name(); p != top && (strings.HasPrefix(name, ".") || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		rel, err := filepath.Rel(top, p)
		if err != nil {
			return err
		}
		a, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		room := strings.TrimSuffix(rel, "/"+filepath.Base(rel))
		if room == rel {
			room = ""
		}
		if room == "dev/bench" || strings.HasPrefix(room, "dev/bench/") {
			room = "dev/bench"
		}
		files = append(files, file{path: rel, room: room, test: strings.HasSuffix(rel, "_test.go"), ast: a})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 40 {
		t.Fatalf("only %d files found below %s", len(files), top)
	}
	return files
}

func imports(f file) (paths []string) {
	for _, i := range f.ast.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

func TestImportsGoDown(t *testing.T) {
	for _, f := range sources(t) {
		if f.room == "dev/bench" || f.test {
			continue // they stand above everything
		}
		allowed, ok := rooms[f.room]
		if !ok {
			t.Errorf("%s: room %q is not in the house; enter it in internal/arch and docs/design.md", f.path, f.room)
			continue
		}
		for _, p := range imports(f) {
			ours, ok := strings.CutPrefix(p, module+"/")
			if ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s: room %q may not import %q", f.path, f.room, ours)
			}
		}
	}
}

// TestRoomsAreOrdered proves that the table above has no way back up.
func TestRoomsAreOrdered(t *testing.T) {
	state := map[string]int{} // 1: on the way down, 2: done
	var visit func(room string, way []string)
	visit = func(room string, way []string) {
		way = append(way, room)
		switch state[room] {
		case 1:
			t.Fatalf("imports go in a circle: %s", strings.Join(way, " -> "))
		case 2:
			return
		}
		state[room] = 1
		below, ok := rooms[room]
		if !ok {
			t.Errorf("room %q is imported but not in the table", room)
		}
		for _, b := range below {
			visit(b, way)
		}
		state[room] = 2
	}
	for room := range rooms {
		visit(room, nil)
	}
}

func TestTestCodeStaysInTests(t *testing.T) {
	for _, f := range sources(t) {
		if f.test || slices.Contains(testOnly, f.room) || f.room == "dev/bench" {
			continue
		}
		for _, p := range imports(f) {
			if ours, ok := strings.CutPrefix(p, module+"/"); ok && slices.Contains(testOnly, ours) {
				t.Errorf("%s: product code imports %s", f.path, ours)
			}
			if p == "testing" || p == "pgregory.net/rapid" {
				t.Errorf("%s: product code imports %s", f.path, p)
			}
		}
	}
}

func TestTwinSharesNothing(t *testing.T) {
	for _, f := range sources(t) {
		if f.room != "internal/twin" || f.test {
			continue
		}
		for _, p := range imports(f) {
			if strings.HasPrefix(p, module) {
				t.Errorf("%s: the twin must not import %s", f.path, p)
			}
		}
	}
}

func TestLibraries(t *testing.T) {
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		for _, p := range imports(f) {
			if !strings.Contains(strings.Split(p, "/")[0], ".") || strings.HasPrefix(p, module) {
				continue
			}
			allowed, known := library(p)
			if !known {
				t.Errorf("%s: library %s is not in the table: say in docs/decisions why it is needed", f.path, p)
			} else if !slices.Contains(allowed, f.room) {
				t.Errorf("%s: only %v may import %s", f.path, allowed, p)
			}
		}
	}
}

func library(path string) (allowed []string, known bool) {
	for name, rooms := range libraries {
		if path == name || strings.HasPrefix(path, name+"/") {
			return rooms, true
		}
	}
	return nil, false
}

// The files of a dataset have one door, the store. Beside it, dataset/idx is for pairs of
// other people (inspect) and for formats that write IDX files of their own.
var (
	filesOfDatasets = []string{"session_output.idx3", "label_output.idx1", "sample_table.bin", "session_output.txt", "session_index.bin", "splits.json", "manifest.json", "__pcapmill/export.json"}
	whoNamesThem    = []string{
		"dataset/idx", "internal/rows", "internal/lines", "split", "manifest", "store", "internal/export", "internal/twin", "internal/storetest", "internal/datasettest",
		"internal/card",
	} // the card lists them with what each is
	whoImports = map[string][]string{
		"internal/rows":       {"store"},
		"internal/lines":      {"store"},
		"internal/bytelog":    {"internal/rows", "internal/lines", "store"},
		"dataset/idx":         {"store", "internal/lines", "dataset/mnist", "audit", "cmd/pcapmill"},
		"internal/atomicfile": {"store", "dataset/idx", "internal/bytelog", "internal/card", "cmd/pcapmill", "internal/shard"},
	}
	// Functions and names by which a file of a dataset would be opened.
	doors = map[string][]string{
		"idx.OpenImages": {}, "idx.OpenLabels": {}, "idx.AsImages": {"store"}, "idx.AsArrays": {"store"}, "idx.AsLabels": {"store"}, "idx.Format": {"store", "internal/lines"},
		"idx.ImagesName": {"store"}, "idx.LabelsName": {"store"}, "lines.Format": {"store"}, "lines.NewReader": {"store"}, "idx.Open": {"audit", "cmd/pcapmill"},
		"manifest.Parse": {"store", "internal/storetest"}, "split.Parse": {"store"},
	}
)

// TestOneDoor: nobody but the store opens the files of a dataset.
func TestOneDoor(t *testing.T) {
	for _, f := range sources(t) {
		if f.test || f.room == "dev/bench" {
			continue
		}
		for _, p := range imports(f) {
			if ours, ok := strings.CutPrefix(p, module+"/"); ok && whoImports[ours] != nil && !slices.Contains(whoImports[ours], f.room) {
				t.Errorf("%s: %s opens files of datasets, which only %v may", f.path, ours, whoImports[ours])
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if !ok {
					break
				}
				if rooms, known := doors[x.Name+"."+n.Sel.Name]; known && !slices.Contains(rooms, f.room) {
					t.Errorf("%s: uses %s.%s: files of datasets are opened by package store", f.path, x.Name, n.Sel.Name)
				}
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && slices.Contains(filesOfDatasets, text) && !slices.Contains(whoNamesThem, f.room) {
					t.Errorf("%s: names the file %s: files of datasets are opened by package store", f.path, text)
				}
			}
			return true
		})
	}
}

// TestGoroutines: they start in mill and nowhere else.
func TestGoroutines(t *testing.T) {
	for _, f := range sources(t) {
		if f.test || f.room == "mill" || f.room == "internal/parallel" || f.room == "dev/bench" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if _, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: a goroutine starts outside mill", f.path)
			}
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Go" {
				t.Errorf("%s: %s.Go starts a goroutine outside mill", f.path, s.X)
			}
			return true
		})
	}
}

func TestNoHiddenEffects(t *testing.T) {
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: init hides an effect", f.path)
			}
		}
		for _, i := range f.ast.Imports {
			if i.Name != nil && i.Name.Name == "_" && i.Path.Value != `"embed"` {
				t.Errorf("%s: blank import of %s", f.path, i.Path.Value)
			}
		}
	}
}

// TestPackageComments: every room has exactly one, longer than a line.
func TestPackageComments(t *testing.T) {
	comments := map[string][]string{}
	for _, f := range sources(t) {
		if strings.HasSuffix(f.ast.Name.Name, "_test") || f.test && f.room != "internal/arch" {
			continue
		}
		dir := filepath.Dir(f.path)
		comments[dir] = append(comments[dir], "")[:len(comments[dir])]
		if f.ast.Doc != nil {
			comments[dir] = append(comments[dir], f.ast.Doc.Text())
		}
	}
	for dir, all := range comments {
		if len(all) != 1 {
			t.Errorf("%s: %d package comments, need one", dir, len(all))
			continue
		}
		if len(all[0]) < 60 {
			t.Errorf("%s: a package comment of %d characters tells a newcomer nothing", dir, len(all[0]))
		}
	}
}

// TestFilesCanBeReadInASitting bounds the length of files; tables of tests may
// be longer.
func TestFilesCanBeReadInASitting(t *testing.T) {
	for _, f := range sources(t) {
		b, err := os.ReadFile(filepath.Join(root(t), filepath.FromSlash(f.path)))
		if err != nil {
			t.Fatal(err)
		}
		limit := 420
		if f.test {
			limit = 600
		}
		if n := strings.Count(string(b), "\n"); n > limit {
			t.Errorf("%s: %d lines, more than %d: is it one room or two?", f.path, n, limit)
		}
	}
}
