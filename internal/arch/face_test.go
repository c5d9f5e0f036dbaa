package arch

import (
	"go/ast"
	"strings"
	"testing"
)

// mostNames is how many exported names the packages have that others can import, methods
// included. Each is a promise: the number may fall, and what makes it rise says why here.
//
//	1058  2026-11-28, when it was first counted so
//	1062  2026-11-28, samples for several goroutines: Chunk with its Sample and Dataset.Chunks of
//	      store, Reader.ReadItems of dataset/idx
//	1063  inflate.Reader.Divide: members of ZIP archives are divided when they are open
//	1068  small captures: Options.OpenWhole of capture, Form.Packer and Packer with its Pack of
//	      store, SumOf of manifest
const mostNames = 1068

// TestPublicFace: no name becomes public unnoticed.
func TestPublicFace(t *testing.T) {
	names, most := 0, ""
	by := map[string]int{}
	for _, f := range sources(t) {
		if f.test || f.ast.Name.Name == "main" || inside(f.room) {
			continue
		}
		n := exported(f.ast)
		names += n
		if by[f.room] += n; by[f.room] > by[most] {
			most = f.room
		}
	}
	switch {
	case names > mostNames:
		t.Errorf("%d exported names, have been %d: make some of them unexported or internal, or say here why there are more (most are in %s: %d)", names, mostNames, most, by[most])
	case names < mostNames:
		t.Errorf("%d exported names instead of %d: enter it, so that they do not come back", names, mostNames)
	}
}

// inside reports whether nobody outside of the module can import a room.
func inside(room string) bool {
	for _, part := range strings.Split(room, "/") {
		if part == "internal" || part == "dev" {
			return true
		}
	}
	return false
}

// exported counts the exported names of a file: functions, methods of exported types, types,
// constants and variables.
func exported(f *ast.File) (n int) {
	count := func(name *ast.Ident) {
		if name.IsExported() {
			n++
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type)) {
				count(d.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					count(s.Name)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						count(name)
					}
				}
			}
		}
	}
	return n
}

// receiver is the name of the type that a method belongs to.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
