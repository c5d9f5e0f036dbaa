package names

import "bytes"

// MaybeHTTP reports whether a payload begins like an HTTP request: for all others Host
// finds nothing.
func MaybeHTTP(payload []byte) bool {
	return len(payload) > 1 && isCapital(payload[0]) && (isMethodByte(payload[1]) || payload[1] == ' ')
}

// Host visits the host names in a payload that begins with an HTTP/1 request line, and
// returns how many are cut. The line is METHOD (a capital, then at most 19 capitals, '-' or
// '_'), a space, a target without
// spaces, a space, "HTTP/1." and a digit, and a line end
// (LF or CRLF). The names are:
//
//   - the value of every header line "Host:", in any case, from its first byte that is no
//     blank to the line end or the end of the payload,
//   - the authority of a target with a scheme,
//   - the target of CONNECT.
func Host(payload []byte, visit Visit) (cut int) {
	if !MaybeHTTP(payload) {
		return 0
	}
	line, next, whole := lineAt(payload, 0)
	method, target, ok := requestLine(line)
	if !ok || !whole {
		return 0
	}
	if at, n := authority(line[target:target+targetLen(line, target)], string(line[:method]) == "CONNECT"); n > 0 {
		visit(target+at, n)
	}
	for whole {
		at := next
		if line, next, whole = lineAt(payload, at); len(line) == 0 {
			return cut
		}
		from, ok := hostValue(line)
		if !ok || from == len(line) {
			continue
		}
		if visit(at+from, len(line)-from); !whole {
			cut++
		}
	}
	return cut
}

// lineAt is the line that begins at an offset, without its end, and where the next begins.
// whole says that its end is there; else the line is all that is left.
func lineAt(b []byte, at int) (line []byte, next int, whole bool) {
	n := bytes.IndexByte(b[at:], '\n')
	if n < 0 {
		return b[at:], len(b), false
	}
	line = b[at : at+n]
	if n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, at + n + 1, true
}

// requestLine is the length of the method in a request line, and where the target begins.
func requestLine(line []byte) (method, target int, ok bool) {
	const maxMethod = 20
	for method < len(line) && method < maxMethod && isMethodByte(line[method]) {
		method++
	}
	if method == 0 || !isCapital(line[0]) || method == len(line) || line[method] != ' ' {
		return 0, 0, false
	}
	target = method + 1
	n := targetLen(line, target)
	rest := line[target+n:]
	ok = n > 0 && bytes.IndexByte(line[target:target+n], '\r') < 0 && len(rest) == len(" HTTP/1.0") && string(rest[:8]) == " HTTP/1." && rest[8] >= '0' && rest[8] <= '9'
	return method, target, ok
}

func targetLen(line []byte, target int) int {
	if n := bytes.IndexByte(line[target:], ' '); n >= 0 {
		return n
	}
	return len(line) - target
}

// authority is where the names of hosts stand in a target; n is 0 if there is none.
func authority(target []byte, connect bool) (at, n int) {
	if connect {
		return 0, len(target)
	}
	scheme := bytes.Index(target, []byte("://"))
	if scheme < 1 || !isScheme(target[:scheme]) {
		return 0, 0
	}
	at = scheme + 3
	if n = bytes.IndexAny(target[at:], "/?#"); n < 0 {
		n = len(target) - at
	}
	return at, n
}

// isScheme goes by RFC 3986: a letter, then letters, digits, '+', '-' and '.'.
func isScheme(b []byte) bool {
	for i, c := range b {
		letter := c >= 'a' && c <= 'z' || isCapital(c)
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return true
}

// hostValue reports whether a line is a Host header, and where its value begins.
func hostValue(line []byte) (from int, ok bool) {
	const head = "host:"
	if len(line) < len(head) || !bytes.EqualFold(line[:len(head)], []byte(head)) {
		return 0, false
	}
	for from = len(head); from < len(line) && (line[from] == ' ' || line[from] == '\t'); from++ {
	}
	return from, true
}

func isCapital(c byte) bool { return c >= 'A' && c <= 'Z' }

func isMethodByte(c byte) bool { return isCapital(c) || c == '-' || c == '_' }
