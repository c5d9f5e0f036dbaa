package arch

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDesignNamesEveryRoom: docs/design.md has a line for each room, and none for others.
func TestDesignNamesEveryRoom(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "design.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for i, block := range strings.Split(string(text), "```") {
		if i%2 == 0 {
			continue // prose
		}
		for line := range strings.Lines(block) {
			if room := strings.Fields(line); len(room) > 1 {
				named[room[0]] = true
			}
		}
	}
	for room := range rooms {
		if !named[room] && room != "" {
			t.Errorf("docs/design.md does not say what %s is", room)
		}
		delete(named, room)
	}
	for room := range named {
		t.Errorf("docs/design.md speaks of %s, which is no room", room)
	}
}

// TestGoAPINamesAreThere: what docs/go-api.md names is declared and exported.
func TestGoAPINamesAreThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "go-api.md"))
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		room := f.ast.Name.Name
		for _, d := range f.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					of := d.Recv.List[0].Type
					if star, ok := of.(*ast.StarExpr); ok {
						of = star.X
					}
					if id, ok := of.(*ast.Ident); ok {
						name = id.Name + "." + name
					}
				}
				have[room+"."+name] = true
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						have[room+"."+s.Name.Name] = true
					case *ast.ValueSpec:
						for _, n := range s.Names {
							have[room+"."+n.Name] = true
						}
					}
				}
			}
		}
	}
	checked, before := 0, ""
	for _, m := range regexp.MustCompile("`([a-z]*)\\.([A-Z][A-Za-z.]*)`").FindAllStringSubmatch(string(text), -1) {
		name := m[1] + "." + m[2]
		if m[1] == "" { // `.Other`, another method of the type before
			name = before[:strings.LastIndexByte(before, '.')+1] + m[2]
		}
		before = name
		if checked++; !have[name] {
			t.Errorf("docs/go-api.md names %s, which is not there", name)
		}
	}
	if checked < 15 {
		t.Errorf("only %d names found", checked)
	}
}
