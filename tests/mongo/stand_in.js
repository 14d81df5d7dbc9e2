// TEST AID, NOT MONGODB. Speaks as much of the wire protocol as the tests ask for, in memory, on
// npm's `mingo` and `bson`. Known to be wrong: no transactions, no sessions, no authentication;
// mingo does not know Decimal128, so neither sums nor orders by it.
// NODE_PATH=FOLDER/node_modules node stand_in.js   prints its port; ends when stdin does.
const net = require("net");
const { BSON } = require("bson");
const mingo = require("mingo");

const options = { promoteValues: true, promoteLongs: true };
const databases = new Map();
const indexes = new Map();
const names = (db) => databases.get(db) || databases.set(db, new Map()).get(db);
const rows = (db, name) => names(db).get(name) || names(db).set(name, []).get(name);
const indexesOf = (db, name) => {
  const key = `${db}.${name}`;
  if (!indexes.has(key)) indexes.set(key, [{ v: 2, key: { _id: 1 }, name: "_id_", unique: true }]);
  return indexes.get(key);
};
const plain = (v) => v instanceof BSON.ObjectId ? v.toHexString() : v instanceof Date ? v.toISOString()
  : v instanceof BSON.Decimal128 ? v.toString() : v;
const at = (row, path) => path.split(".").reduce((v, part) => (v == null ? v : v[part]), row);
const identity = (row, index) => JSON.stringify(Object.keys(index.key).map((k) => plain(at(row, k)) ?? null));
const settings = (db) => ({ collectionResolver: (name) => rows(db, name), useStrictMode: true });
const matching = (db, name, filter) => {
  const query = new mingo.Query(filter || {}, settings(db));
  return rows(db, name).filter((row) => query.test(row));
};
const clash = (db, name, row) => {
  for (const index of indexesOf(db, name).filter((one) => one.unique))
    if (!index.partialFilterExpression || new mingo.Query(index.partialFilterExpression, settings(db)).test(row))
      if (rows(db, name).some((other) => other !== row && other._id !== row._id && identity(other, index) === identity(row, index)))
        return { code: 11000, errmsg: `E11000 duplicate key error collection: ${db}.${name} index: ${index.name}` };
  return null;
};
const cursor = (db, name, batch) => ({ cursor: { id: BSON.Long.ZERO, ns: `${db}.${name}`, firstBatch: batch }, ok: 1 });
const hello = () => ({ helloOk: true, ismaster: true, isWritablePrimary: true, maxBsonObjectSize: 16777216,
  maxMessageSizeBytes: 48000000, maxWriteBatchSize: 100000, localTime: new Date(), minWireVersion: 0,
  maxWireVersion: 21, readOnly: false, ok: 1 });

const commands = {
  hello, ismaster: hello, isMaster: hello, ping: () => ({ ok: 1 }), endSessions: () => ({ ok: 1 }),
  buildInfo: () => ({ version: "7.0.0", versionArray: [7, 0, 0, 0], ok: 1 }),
  buildinfo: () => commands.buildInfo(),
  create: (c, db) => { rows(db, c.create); return { ok: 1 }; },
  drop: (c, db) => { names(db).delete(c.drop); indexes.delete(`${db}.${c.drop}`); return { ok: 1 }; },
  dropDatabase: (c, db) => { for (const n of names(db).keys()) indexes.delete(`${db}.${n}`); databases.delete(db); return { ok: 1 }; },
  renameCollection: (c) => {
    const [from, to] = [c.renameCollection, c.to].map((ns) => [ns.split(".")[0], ns.split(".").slice(1).join(".")]);
    names(to[0]).set(to[1], rows(...from)); names(from[0]).delete(from[1]);
    indexes.set(c.to, indexesOf(...from)); indexes.delete(c.renameCollection); return { ok: 1 };
  },
  listCollections: (c, db) => cursor(db, "$cmd.listCollections", [...names(db).keys()]
    .filter((n) => !c.filter || !c.filter.name || c.filter.name === n).map((n) => ({ name: n, type: "collection", options: {}, info: {} }))),
  listIndexes: (c, db) => cursor(db, c.listIndexes, indexesOf(db, c.listIndexes)),
  createIndexes: (c, db) => {
    for (const index of c.indexes) {
      if (index.unique) {
        const seen = rows(db, c.createIndexes).map((row) => identity(row, index));
        if (new Set(seen).size < seen.length) return { ok: 0, code: 11000, codeName: "DuplicateKey", errmsg: "E11000 duplicate key error" };
      }
      indexesOf(db, c.createIndexes).push({ v: 2, ...index });
    }
    rows(db, c.createIndexes); return { ok: 1 };
  },
  dropIndexes: (c, db) => {
    indexes.set(`${db}.${c.dropIndexes}`, indexesOf(db, c.dropIndexes).filter((i) => i.name !== c.index)); return { ok: 1 };
  },
  insert: (c, db) => {
    const writeErrors = []; let n = 0;
    for (const [i, row] of c.documents.entries()) {
      const error = clash(db, c.insert, row);
      if (error) { writeErrors.push({ index: i, ...error }); break; }
      rows(db, c.insert).push(row); n += 1;
    }
    return writeErrors.length ? { n, writeErrors, ok: 1 } : { n, ok: 1 };
  },
  update: (c, db) => {
    let n = 0;
    for (const one of c.updates) for (const row of matching(db, c.update, one.q)) {
      let made;
      if (Array.isArray(one.u)) [made] = new mingo.Aggregator(one.u, settings(db)).run([row]);
      else { made = { ...row }; mingo.update(made, one.u); }
      const error = clash(db, c.update, made);
      if (error) return { n, writeErrors: [{ index: 0, ...error }], ok: 1 };
      const list = rows(db, c.update); list[list.indexOf(row)] = made; n += 1;
      if (!one.multi) break;
    }
    return { n, nModified: n, ok: 1 };
  },
  delete: (c, db) => {
    let n = 0;
    for (const one of c.deletes) {
      const gone = new Set(matching(db, c.delete, one.q));
      names(db).set(c.delete, rows(db, c.delete).filter((row) => !gone.has(row))); n += gone.size;
    }
    return { n, ok: 1 };
  },
  find: (c, db) => cursor(db, c.find, matching(db, c.find, c.filter)),
  aggregate: (c, db) => cursor(db, c.aggregate,
    new mingo.Aggregator(c.pipeline, settings(db)).run(rows(db, c.aggregate))),
};

function answer(body, db) {
  const name = Object.keys(body)[0];
  if (!commands[name]) return { ok: 0, code: 59, codeName: "CommandNotFound", errmsg: `no such command: '${name}'` };
  try { return commands[name](body, db); } catch (error) { return { ok: 0, code: 2, codeName: "BadValue", errmsg: `stand-in: ${error.message}` }; }
}
function message(buffer) {
  const id = buffer.readInt32LE(4), op = buffer.readInt32LE(12);
  const head = (length, code) => { const b = Buffer.alloc(16); b.writeInt32LE(length + 16, 0); b.writeInt32LE(1, 4); b.writeInt32LE(id, 8); b.writeInt32LE(code, 12); return b; };
  if (op === 2004) {
    const end = buffer.indexOf(0, 20);
    const size = buffer.readInt32LE(end + 9);
    const body = BSON.deserialize(buffer.subarray(end + 9, end + 9 + size), options);
    const document = Buffer.from(BSON.serialize(answer(body, "admin")));
    const fixed = Buffer.alloc(20); fixed.writeInt32LE(8, 0); fixed.writeInt32LE(1, 16);
    return Buffer.concat([head(20 + document.length, 1), fixed, document]);
  }
  let offset = 20, body = {};
  const end = buffer.length - (buffer.readUInt32LE(16) & 1 ? 4 : 0);
  const lists = {};
  while (offset < end) {
    const kind = buffer[offset++], size = buffer.readInt32LE(offset);
    if (kind === 0) body = BSON.deserialize(buffer.subarray(offset, offset + size), options);
    else {
      let p = buffer.indexOf(0, offset + 4); const key = buffer.toString("utf8", offset + 4, p++);
      lists[key] = [];
      while (p < offset + size) { const n = buffer.readInt32LE(p); lists[key].push(BSON.deserialize(buffer.subarray(p, p + n), options)); p += n; }
    }
    offset += size;
  }
  const document = Buffer.from(BSON.serialize(answer({ ...body, ...lists }, body.$db)));
  return Buffer.concat([head(5 + document.length, 2013), Buffer.alloc(5), document]);
}
net.createServer((socket) => {
  let pending = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (data) => {
    pending = Buffer.concat([pending, data]);
    while (pending.length >= 4 && pending.length >= pending.readInt32LE(0)) {
      const size = pending.readInt32LE(0);
      socket.write(message(pending.subarray(0, size))); pending = pending.subarray(size);
    }
  });
}).listen(Number(process.argv[2] || 0), "127.0.0.1", function () { console.log(this.address().port); });
process.stdin.on("end", () => process.exit(0)).resume();
