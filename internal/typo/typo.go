// Package typo finds what somebody meant who made a typing error in a name.
package typo

import "strings"

// longest bounds in bytes the words that are measured: longer ones are paths or
// sentences and no typing errors, and measuring them takes long.
const longest = 64

// DidYouMean is "; did you mean X?" for the candidate that word was meant to be,
// or "" if none is near. Case does not count.
func DidYouMean(word string, candidates []string) string {
	if near := Nearest(word, candidates); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// Nearest is the first candidate that the fewest typing errors make of word: at
// most a third of its letters and one. A word of three letters or more that is a
// part of a candidate is one error away from it. "" if none is near.
func Nearest(word string, candidates []string) string {
	if len(word) > longest {
		return ""
	}
	word = strings.ToLower(word)
	best, bestCost := "", len(word)/3+2
	for _, c := range candidates {
		lower := strings.ToLower(c)
		cost := distance(word, lower)
		if len(word) >= 3 && strings.Contains(lower, word) {
			cost = min(cost, 1)
		}
		if cost < bestCost {
			best, bestCost = c, cost
		}
	}
	return best
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
