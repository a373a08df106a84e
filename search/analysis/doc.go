// Package analysis turns the texts and codes of products, and what searchers
// type, into terms. It owns the terms' spelling: nothing outside looks into a
// term.
//
// A text is cut into atoms: maximal runs of letters or of digits, folded, each
// with what stands before it (nothing, a connector such as a hyphen, a blank, or
// a break). Index and query read the same atoms and recognise the same shapes:
//
//   - Words are stemmed, if they consist of the letters a to z. There is no stop
//     list in the index: "The Who" is found.
//   - Measures, numbers with a unit, become one term in a canonical spelling: "3
//     meters" is 3m. The bare number is a variant.
//   - Compounds, what is written without blanks (KT-INS114-DRE), give their runs
//     (kt, ins114, dre), and as variants everything from each letter-digit border
//     to the end, joined: ktins114dre, ins114dre, 114dre. So any beginning at a
//     border is the prefix of a term, and every spelling of the connectors meets
//     in the same joined term.
//   - Chains, short words and numbers that people also write together ("GTX 1080
//     Ti", "Wi Fi"), give the joined spelling as a variant.
//   - Scripts without blanks give overlapping pairs of characters.
//
// What only the query can know is done there: whether "redbull" is two words, or
// "head phones" one, is asked of the Lexicon; units are converted; codes become
// prefixes. Thus the index stays small, and the rules of a query can change
// without a rebuild.
//
// Invariants:
//   - Every required concept of a text typed as a query is satisfied by the same
//     text indexed.
//   - The same text gives the same tokens for one Version, whatever was analysed
//     before or at the same time.
//   - Terms are 1 to 64 bytes, of valid UTF-8 if the text is; offsets lie inside
//     the text.
//   - The work of a query is bounded: 512 bytes, 64 concepts, 12 variants each.
//
// Trade-offs. Parts of mixed codes that are no words ("AA" of B002AA) get terms
// of their own kind, which only codes in a query ask for; otherwise "aa battery"
// finds every product number in AA. A double quotation mark behind a number
// means inches unless a quotation was opened before it. "1,200" is read as 1200,
// "1,20" as 1.2. Ambiguous units ("2 A", "4 in") are read as units, but the
// words stay findable as variants. Typos and synonyms are left to others.
package analysis
