// Package web is Aisle's HTTP side: the Gin API, its middleware, the OpenAPI
// document and the embedded pages.
//
// Invariants:
//   - Whatever bytes a caller sends, the answer is a 2xx, a 3xx or a problem
//     document with a 4xx that names what is wrong; a 5xx means that Aisle or
//     one of its databases is in trouble.
//   - Which status an error gets is decided in problem.go and nowhere else.
//   - Queries, customers, keys and ids never reach a log or a metric label.
//   - Everything a request can make the service hold is bounded: body, headers,
//     waiting searches, time.
//   - Every route is in openapi.yaml and the other way round; a test holds the
//     two together, real answers included.
//
// Searching, storing and following are left to search, catalog, orders and
// indexer, asked through the small interfaces of config.go. The parts below do not
// import this package: request and strictjson read what is sent; encode writes the
// answers that must be quick, reply the others; ops answers those who run the
// service; keys, limit and cursor say who may ask, how often, and from where on;
// answers keeps what was answered lately; pages serves what never changes; metrics
// counts.
package web
