package export

import "path/filepath"

// Replace puts .NAME.new in the place of NAME as systems do that cannot exchange them.
func Replace(into, name string) error {
	p := &place{final: filepath.Join(into, name), next: filepath.Join(into, "."+name+".new"), old: filepath.Join(into, "."+name+".old")}
	return p.replace()
}
