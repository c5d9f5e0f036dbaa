// Package webreport writes what a dataset is and what is wrong with it as one HTML page that
// needs nothing else: no network, no other file.
//
// Collect reads the dataset, Write renders what it found. The page has the findings of an
// audit first, then scores by position, classes and sides, pictures of samples, lengths, what
// was read and left out, and settings. Every figure is an SVG made here, with axes, units, a
// text for readers that do not see it, and its numbers as a table behind it.
//
// # What the page may do
//
// Its Content-Security-Policy allows the one style sheet and the one script in it, by their
// digests, and pictures that are part of the page. Nothing is loaded and nothing is sent.
// Names come from captures and are escaped by html/template.
//
// # Sizes
//
// The page is bounded whatever the dataset is: mostListed rows a table, mostPictured classes
// with pictures, mostPixels pixels in all. What does not fit is added up, and said. The same
// dataset gives the same bytes.
package webreport
