package arch

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// TestErrorsHaveNoRoomNames: an error says what is wrong, where, and what to do. The name of
// the package that found it tells a person nothing, and a command would have to strip it. A
// panic, which is for programmers, may have it.
func TestErrorsHaveNoRoomNames(t *testing.T) {
	checked := 0
	for _, f := range sources(t) {
		if f.test || f.room == "dev/bench" || strings.HasPrefix(f.room, "cmd/") {
			continue // a command's errors begin with the command
		}
		prefix := f.ast.Name.Name + ": "
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok {
				if id, ok := c.Fun.(*ast.Ident); ok && id.Name == "panic" {
					return false
				}
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			checked++
			if text, err := strconv.Unquote(lit.Value); err == nil && strings.HasPrefix(text, prefix) {
				t.Errorf("%s: %q begins with the name of its package", f.path, text)
			}
			return true
		})
	}
	if checked < 1000 {
		t.Errorf("only %d texts looked at", checked)
	}
}
