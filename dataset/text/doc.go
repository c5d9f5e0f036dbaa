// Package text writes datasets of text: a sample is a line.
//
// # TSV
//
//	train_dataset.tsv, valid_dataset.tsv, test_dataset.tsv   label, tab, text; lines end in CR LF
//	nolabel_test_dataset.tsv                                 text alone; lines end in LF
//	__pcapmill/classes.json                                  names by label
//
// as ET-BERT's fine-tuning and inference read them (linwhitehat/ET-BERT 2afe5b3): the first
// line names the columns, label and text_a. What is not split is all train.
//
// # JSON lines
//
//	train.jsonl, validation.jsonl, test.jsonl   an object a sample: index, label, class, text
//
// for datasets of Hugging Face, pandas and DuckDB. Where the line is itself a JSON object,
// its members stand in the place of text. label is an integer, -1 for an unknown class.
package text
