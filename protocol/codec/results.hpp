// The descriptions of the results and of the reply around them, in the style of fields.hpp. They are in a header of
// their own because the codecs of requests and of events do not need them.
#pragma once

#include "protocol/codec/fields.hpp"

namespace shmbus::codec {

// The value of `op` in the result of a change.
inline constexpr std::string_view kDone = "done";

template <class V>
void describe(V& v, Of<CreateResult> auto& s) {
  v.field("shm_key", s.shm_key);
  v.field("shm_shmid", s.shm_shmid);
  v.field("shm_segsz", s.shm_segsz);
  v.field("mode", s.mode);
  v.field("created", s.created);
  v.field("warning", s.warning);
}

template <class V>
void describe(V& v, Of<AttachResult> auto& s) {
  v.field("attachment", s.attachment);
  v.field("shm_key", s.shm_key);
  v.field("shm_shmid", s.shm_shmid);
  v.field("shm_segsz", s.shm_segsz);
  v.field("read_only", s.read_only);
  v.field("lease_ms", s.lease_ms);
}

template <class V>
void describe(V& v, Of<DetachResult> auto& s) {
  v.constant("op", kDone);
  v.field("detached", s.detached);
}

template <class V>
void describe(V& v, Of<StatResult> auto& s) {
  describe(v, s.stat);
}

template <class V>
void describe(V& v, Of<SetResult> auto& s) {
  v.constant("op", kDone);
  v.field("before", s.before);
  v.field("after", s.after);
  v.field("shm_ctime", s.shm_ctime);
}

template <class V>
void describe(V& v, Of<RemoveResult> auto& s) {
  v.constant("op", kDone);
  v.field("destroyed", s.destroyed);
  v.field("shm_nattch", s.shm_nattch);
}

template <class V>
void describe(V& v, Of<ReadResult> auto& s) {
  if constexpr (std::is_const_v<std::remove_reference_t<decltype(s)>>) {
    v.data("data", s.placed.value_or(s.data), s.text);
  } else {
    v.data("data", s);
  }
  v.field("offset", s.offset);
  v.field("length", s.length);
  v.field("shm_segsz", s.shm_segsz);
  v.field("eof", s.eof);
}

template <class V>
void describe(V& v, Of<WriteResult> auto& s) {
  v.constant("op", kDone);
  v.field("offset", s.offset);
  v.field("length", s.length);
}

template <class V>
void describe(V& v, Of<ListResult> auto& s) {
  v.field("segments", s.segments);
  v.field("more", s.more);
}

template <class V>
void describe(V& v, Of<EventsResult> auto& s) {
  v.encoded("events", s.events);
  v.field("first", s.first);
  v.field("last", s.last);
  v.field("more", s.more);
}

template <class V>
void describe(V& v, Of<InfoResult::Limits> auto& s) {
  v.field("shmmax", s.shmmax);
  v.field("shmall", s.shmall);
  v.field("shmmni", s.shmmni);
  v.field("page_size", s.page_size);
}

template <class V>
void describe(V& v, Of<InfoResult::Usage> auto& s) {
  v.field("segments", s.segments);
  v.field("bytes", s.bytes);
  v.field("attachments", s.attachments);
}

template <class V>
void describe(V& v, Of<InfoResult::Endpoints> auto& s) {
  v.field("commands", s.commands);
  v.field("events", s.events);
}

template <class V>
void describe(V& v, Of<InfoResult::Detection> auto& s) {
  v.field("mode", s.mode);
  v.field("reason", s.reason);
  v.field("interval_ms", s.interval_ms);
}

template <class V>
void describe(V& v, Of<InfoResult> auto& s) {
  v.field("version", s.version);
  v.field("protocol", s.protocol);
  v.field("host", s.host);
  v.field("pid", s.pid);
  v.field("epoch", s.epoch);
  v.field("seq", s.seq);
  v.field("started", s.started);
  v.field("limits", s.limits);
  v.field("usage", s.usage);
  v.field("max_data", s.max_data);
  v.field("operations", s.operations);
  v.field("endpoints", s.endpoints);
  v.field("detection", s.detection);
  v.field("warnings", s.warnings);
}

template <class V>
void describe(V&, Of<PingResult> auto&) {}

template <class V>
void describe(V& v, Of<BatchResult> auto& s) {
  v.replies("replies", s.replies);
}

// The reply around a result. Only the Writer uses it: reading a reply requires the operation that it answers, see
// read_reply().
template <class V>
void describe(V& v, const Reply& s) {
  v.field("ok", s.ok());
  v.field("id", s.id);
  v.outcome(s.outcome);
  if (s.repeated) {
    v.field("repeated", s.repeated);
  }
  v.field("epoch", s.epoch);
  v.field("seq", s.seq);
}

}  // namespace shmbus::codec
