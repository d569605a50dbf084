// The descriptions of the structs: each lists the fields of one struct with their names on the wire, once for both
// directions. describe() shows a struct to a visitor: a Reader fills it in, a Writer encodes it, a Counter counts its
// fields. The results have theirs in results.hpp. A visitor has
//   field(name, member)          any value; an optional member is on the wire only if it is set
//   chosen_mode(name, mode)      a mode in a request, which may also be a string
//   new_key(name, key)           a key to create, "private" for IPC_PRIVATE
//   constant(name, value)        a value that is written and never read
//   unless_empty(name, string)   a string that is on the wire only if it is not empty
//   data(name, bytes, text)      contents of a segment, as str if `text` is set, else as bin
//   encoded(name, strings)       an array of values that are msgpack already
//   requests(name, items)        the requests of a batch
//   replies(name, replies)       the replies of a batch
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "protocol/commands.hpp"
#include "protocol/events.hpp"
#include "protocol/operations.hpp"

namespace shmbus::codec {

// Matches T, which is read, and const T, which is written.
template <class S, class T>
concept Of = std::same_as<std::remove_const_t<S>, T>;

template <class V>
void describe(V& v, Of<SegmentRef> auto& s) {
  v.field("shm_key", s.shm_key);
  v.field("shm_shmid", s.shm_shmid);
}

template <class V>
void describe(V& v, Of<Permissions> auto& s) {
  v.field("uid", s.uid);
  v.field("gid", s.gid);
  v.field("mode", s.mode);
}

template <class V>
void describe(V& v, Of<SegmentStat> auto& s) {
  v.field("cgid", s.cgid);
  v.field("cuid", s.cuid);
  v.field("gid", s.gid);
  v.field("mode", s.mode);
  v.field("shm_atime", s.shm_atime);
  v.field("shm_cpid", s.shm_cpid);
  v.field("shm_ctime", s.shm_ctime);
  v.field("shm_dtime", s.shm_dtime);
  v.field("shm_key", s.shm_key);
  v.field("shm_lpid", s.shm_lpid);
  v.field("shm_nattch", s.shm_nattch);
  v.field("shm_segsz", s.shm_segsz);
  v.field("shm_shmid", s.shm_shmid);
  v.field("uid", s.uid);
  v.field("marked", s.marked);
  v.field("locked", s.locked);
}

template <class V>
void describe(V& v, Of<Error> auto& s) {
  v.field("code", s.code);
  v.field("errno", s.errno_value);
  v.constant("errno_name", errno_name(s.errno_value));
  v.field("message", s.message);
  v.unless_empty("hint", s.hint);
}

// Events

template <class V>
void describe(V& v, Of<Actor> auto& s) {
  v.field("uid", s.uid);
  v.field("gid", s.gid);
  v.field("pid", s.pid);
  v.field("comm", s.comm);
  v.field("principal", s.principal);
}

template <class V>
void describe(V& v, Of<Changes> auto& s) {
  v.field("uid", s.uid);
  v.field("gid", s.gid);
  v.field("mode", s.mode);
  v.field("locked", s.locked);
  v.field("marked", s.marked);
  v.field("shm_nattch", s.shm_nattch);
}

template <class V>
void describe(V& v, Of<Event> auto& s) {
  v.field("event", s.kind);
  v.field("epoch", s.epoch);
  v.field("seq", s.seq);
  v.field("prev", s.prev);
  v.field("time_ns", s.time_ns);
  v.field("host", s.host);
  v.field("shm_key", s.shm_key);
  v.field("shm_shmid", s.shm_shmid);
  v.field("source", s.source);
  v.field("stat", s.stat);
  v.field("changed", s.changed);
  v.field("actor", s.actor);
  v.field("offset", s.offset);
  v.field("length", s.length);
  v.field("from", s.from);
  v.field("to", s.to);
  v.field("at_least", s.at_least);
}

template <class V>
void describe(V& v, Of<Notice> auto& s) {
  v.field("epoch", s.epoch);
  v.field("seq", s.seq);
  v.field("host", s.host);
  v.field("time_ns", s.time_ns);
}

// Requests

template <class V>
void describe(V& v, Of<CreateRequest> auto& s) {
  v.new_key("shm_key", s.shm_key);
  v.field("shm_segsz", s.shm_segsz);
  v.chosen_mode("mode", s.mode);
  v.field("exclusive", s.exclusive);
}

template <class V>
void describe(V& v, Of<AttachRequest> auto& s) {
  describe(v, s.segment);
  v.field("read_only", s.read_only);
  v.field("lease_ms", s.lease_ms);
}

template <class V>
void describe(V& v, Of<DetachRequest> auto& s) {
  v.field("attachment", s.attachment);
  describe(v, s.segment);
}

template <class V>
void describe(V& v, Of<StatRequest> auto& s) {
  describe(v, s.segment);
}

template <class V>
void describe(V& v, Of<SetRequest> auto& s) {
  describe(v, s.segment);
  v.field("uid", s.uid);
  v.field("gid", s.gid);
  v.chosen_mode("mode", s.mode);
  v.field("if_ctime", s.if_ctime);
  v.field("if_cpid", s.if_cpid);
}

template <class V>
void describe(V& v, Of<RemoveRequest> auto& s) {
  describe(v, s.segment);
  v.field("if_ctime", s.if_ctime);
  v.field("if_cpid", s.if_cpid);
}

template <class V>
void describe(V& v, Of<ReadRequest> auto& s) {
  v.field("attachment", s.attachment);
  describe(v, s.segment);
  v.field("offset", s.offset);
  v.field("length", s.length);
  v.field("text", s.text);
}

template <class V>
void describe(V& v, Of<WriteRequest> auto& s) {
  v.field("attachment", s.attachment);
  describe(v, s.segment);
  v.field("offset", s.offset);
  v.field("text", s.text);  // before the data, whose format depends on it
  v.data("data", s.data, s.text);
}

template <class V>
void describe(V& v, Of<ListRequest> auto& s) {
  v.field("shm_key", s.shm_key);
  v.field("uid", s.uid);
  v.field("after", s.after);
  v.field("limit", s.limit);
}

template <class V>
void describe(V& v, Of<EventsRequest> auto& s) {
  v.field("since", s.since);
  v.field("shm_key", s.shm_key);
  v.field("shm_shmid", s.shm_shmid);
  v.field("limit", s.limit);
}

template <class V>
void describe(V&, Of<InfoRequest> auto&) {}

template <class V>
void describe(V&, Of<PingRequest> auto&) {}

template <class V>
void describe(V& v, Of<BatchRequest> auto& s) {
  v.requests("requests", s.requests);
  v.field("stop_on_error", s.stop_on_error);
}

template <class V>
void describe(V& v, const Operation& s) {
  v.constant("op", spec_of(s).name);
  std::visit([&v](const auto& operation) { describe(v, operation); }, s);
}

// The fields that every request may have besides `op` and the operation's own.
template <class V>
void describe_common(V& v, Of<Request> auto& s) {
  v.field("id", s.id);
  v.field("epoch", s.epoch);
  v.field("once", s.once);
}

template <class V>
void describe(V& v, const Request& s) {
  describe(v, s.operation);
  describe_common(v, s);
}

}  // namespace shmbus::codec
