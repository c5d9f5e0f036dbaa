package arch

import (
	"go/ast"
	"go/token"
	"strconv"
	"testing"
)

// TestSizesAreDrawnAsMeant: rapid prefers small values and replays stale failures; internal/draw says how much and does better.
func TestSizesAreDrawnAsMeant(t *testing.T) {
	for _, f := range sources(t) {
		if f.room == "internal/draw" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			switch name := fromRapid(call.Fun); {
			case name == "Check" || name == "MakeCheck":
				t.Errorf("%s: rapid.%s replays stale failures; use internal/draw", f.path, name)
			case name == "SliceOfN" && len(call.Args) == 3:
				low, high := literal(call.Args[1]), literal(call.Args[2])
				if low >= 0 && high-low > 30 {
					t.Errorf("%s: rapid.SliceOfN hardly ever draws %d elements; use draw.Slice", f.path, high)
				}
			}
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Draw" && len(call.Args) == 2 {
				label, _ := call.Args[1].(*ast.BasicLit)
				from, _ := s.X.(*ast.CallExpr)
				if label != nil && label.Value == `"seed"` && from != nil && fromRapid(from.Fun) != "" {
					t.Errorf("%s: rapid.%s repeats seeds; use draw.Seed", f.path, fromRapid(from.Fun))
				}
			}
			return true
		})
	}
}

// fromRapid returns the name of a function of rapid, or nothing.
func fromRapid(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok && x.Name == "rapid" {
			return s.Sel.Name
		}
	}
	return ""
}

// literal returns the value of an integer that stands in the source, or -1.
func literal(e ast.Expr) int {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.INT {
		if n, err := strconv.Atoi(l.Value); err == nil {
			return n
		}
	}
	return -1
}
