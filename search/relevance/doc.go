// Package relevance measures how well ranked lists answer judged queries: pure
// functions over product ids, reports of a run, and the comparison of two runs.
//
// Conventions:
//   - The gain of a rating r is 2^r − 1; a result that was not judged gains 0.
//   - The ideal of nDCG is over all judged products of the query, also those
//     that the run did not return.
//   - A product is relevant when its rating is at least 1.
//   - A query without a relevant judgment has no ideal: it is left out of every
//     mean and counted. A query with one and without results counts 0.
//   - An id that a run lists twice counts at its first place only.
//   - Means add up in the order of the judgments, so that equal input gives
//     equal bytes.
//
// Running the searches is left to others.
package relevance
