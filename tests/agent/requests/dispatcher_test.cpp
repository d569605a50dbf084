#include "agent/requests/dispatcher.hpp"

#include <algorithm>
#include <cerrno>

#include "tests/support/agent_fixture.hpp"

namespace shmbus::agent {
namespace {

using Kinds = std::vector<EventKind>;

using DispatcherTest = AgentFixture;

TEST_F(DispatcherTest, CreateTellsItsEventBeforeTheReplyWhoseSeqIncludesIt) {
  const Reply reply = request(CreateRequest{.shm_key = kKey, .shm_segsz = 100});
  ASSERT_TRUE(reply.ok());
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), Kinds{EventKind::kCreated});
  EXPECT_EQ(reply.seq, told[0].seq);
  EXPECT_EQ(reply.epoch, kEpoch);
  EXPECT_EQ(told[0].source, EventSource::kBus);
  EXPECT_EQ(told[0].actor.principal, "uid:1000");
}

TEST_F(DispatcherTest, CreateOpensWhatIsThereUnlessItIsToBeExclusive) {
  const ShmId shmid = create(kKey, 100);
  const CreateResult opened = done(CreateRequest{.shm_key = kKey, .shm_segsz = 50});
  EXPECT_EQ(opened.shm_shmid, shmid);
  EXPECT_EQ(opened.shm_segsz, 100U);
  EXPECT_FALSE(opened.created);
  EXPECT_EQ(failure(CreateRequest{.shm_key = kKey, .shm_segsz = 50, .exclusive = true}).code, ErrorCode::kExists);
  EXPECT_EQ(failure(CreateRequest{.shm_key = kKey, .shm_segsz = 101}).code, ErrorCode::kSizeMismatch);
}

TEST_F(DispatcherTest, WhatOthersDidIsToldFirstAndAsTheKernels) {
  const ShmId shmid = kernel.create(kKey, 100, Mode{0600}, false)->shmid;
  SetRequest set;
  set.segment = by_id(shmid);
  set.mode = Mode{0640};
  const SetResult result = done(set);
  EXPECT_EQ(result.before.mode, Mode{0600});
  EXPECT_EQ(result.after.mode, Mode{0640});
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), (Kinds{EventKind::kCreated, EventKind::kSet}));
  EXPECT_EQ(told[0].source, EventSource::kKernel);
  EXPECT_FALSE(told[0].actor.principal);
  EXPECT_EQ(told[1].source, EventSource::kBus);
  EXPECT_EQ(told[1].changed.mode, std::pair(Mode{0600}, Mode{0640}));
  EXPECT_EQ(told[1].prev, told[0].seq);
}

TEST_F(DispatcherTest, AttachDetachAndTheirLeaseAreTold) {
  const ShmId shmid = create();
  const AttachResult attached = done(AttachRequest{.segment = by_key(kKey), .lease_ms = 100});
  EXPECT_EQ(done(StatRequest{by_id(shmid)}).stat.shm_nattch, 1U);
  done(AttachRequest{.segment = by_id(shmid), .lease_ms = 500});
  now += std::chrono::milliseconds(100);
  end_leases(feed, attachments.release_expired(now));
  EXPECT_EQ(failure(DetachRequest{.attachment = attached.attachment, .segment = {}}).code, ErrorCode::kNotFound);
  EXPECT_EQ(done(DetachRequest{.attachment = {}, .segment = by_id(shmid)}).detached, 1U);
  EXPECT_EQ(failure(DetachRequest{.attachment = {}, .segment = by_id(shmid)}).code, ErrorCode::kNotFound);
  const std::vector<Event> told = events();
  EXPECT_EQ(kinds_of(told), (Kinds{EventKind::kCreated, EventKind::kAttached, EventKind::kAttached,
                                   EventKind::kDetached, EventKind::kDetached}));
  for (const Event& event : told) {
    EXPECT_EQ(event.source, EventSource::kBus);
  }
}

TEST_F(DispatcherTest, AnAttachmentBelongsToItsPrincipal) {
  ReadRequest read;
  read.attachment = done(AttachRequest{.segment = by_id(create())}).attachment;
  done(read);
  caller.principal = "uid:1001";
  EXPECT_EQ(failure(read).code, ErrorCode::kNotFound);
}

TEST_F(DispatcherTest, RemoveMarksWhatIsAttachedAndKeepsItsKey) {
  const ShmId shmid = create();
  done(AttachRequest{.segment = by_id(shmid)});
  const RemoveResult removed = done(RemoveRequest{.segment = by_key(kKey), .if_ctime = {}, .if_cpid = {}});
  EXPECT_FALSE(removed.destroyed);
  EXPECT_EQ(removed.shm_nattch, 1U);
  EXPECT_EQ(failure(StatRequest{by_key(kKey)}).code, ErrorCode::kNotFound);
  EXPECT_EQ(done(StatRequest{by_both(kKey, shmid)}).stat.shm_key, kKey);
  events();
  EXPECT_FALSE(done(RemoveRequest{.segment = by_id(shmid), .if_ctime = {}, .if_cpid = {}}).destroyed);
  EXPECT_TRUE(events().empty());
  EXPECT_EQ(done(DetachRequest{.attachment = {}, .segment = by_id(shmid)}).detached, 1U);
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), Kinds{EventKind::kRemoved});
  EXPECT_EQ(told[0].shm_key, kKey);
  EXPECT_EQ(told[0].source, EventSource::kBus);
}

TEST_F(DispatcherTest, APreconditionThatFailsChangesNothing) {
  const ShmId shmid = create();
  EXPECT_EQ(failure(RemoveRequest{.segment = by_id(shmid), .if_ctime = 1, .if_cpid = {}}).code,
            ErrorCode::kPreconditionFailed);
  SetRequest set;
  set.segment = by_id(shmid);
  set.mode = Mode{0644};
  set.if_cpid = 1;
  EXPECT_EQ(failure(set).code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(kernel.stat_any(shmid)->mode, Mode{0600});
  const SegmentStat stat = done(StatRequest{by_id(shmid)}).stat;
  EXPECT_TRUE(
      done(RemoveRequest{.segment = by_id(shmid), .if_ctime = stat.shm_ctime, .if_cpid = stat.shm_cpid}).destroyed);
}

TEST_F(DispatcherTest, AKeyAndAShmidMustBelongTogether) {
  const ShmId shmid = create();
  EXPECT_EQ(failure(StatRequest{by_both(kKey + 1, shmid)}).code, ErrorCode::kKeyMismatch);
  EXPECT_EQ(failure(StatRequest{by_both(kKey, shmid + 1)}).code, ErrorCode::kNotFound);
}

TEST_F(DispatcherTest, WriteThenReadGivesTheBytesAndOneEvent) {
  const ShmId shmid = create();
  events();
  WriteRequest write = write_of(shmid, "hello");
  write.offset = 10;
  write.text = true;
  EXPECT_EQ(done(write).length, 6U);
  const std::vector<Event> told = events();
  ASSERT_EQ(kinds_of(told), Kinds{EventKind::kWritten});
  EXPECT_EQ(told[0].shm_key, kKey);
  EXPECT_EQ(told[0].offset, 10U);
  EXPECT_EQ(told[0].length, 6U);
  ReadRequest text = read_of(shmid);
  text.offset = 10;
  text.text = true;
  const ReadResult result = done(text);
  EXPECT_EQ(result.data, "hello");
  EXPECT_EQ(result.length, 5U);
  EXPECT_TRUE(result.eof);
  EXPECT_TRUE(events().empty());
}

TEST_F(DispatcherTest, DataThatDoesNotFitChangesNothing) {
  const ShmId shmid = create(kKey, 4);
  events();
  EXPECT_EQ(failure(write_of(shmid, "12345")).code, ErrorCode::kOutOfRange);
  WriteRequest text = write_of(shmid, "1234");
  text.text = true;
  EXPECT_EQ(failure(text).code, ErrorCode::kOutOfRange);
  EXPECT_EQ(done(read_of(shmid)).data, std::string(4, '\0'));
  EXPECT_TRUE(events().empty());
  ReadRequest beyond = read_of(shmid);
  beyond.offset = 4;
  EXPECT_EQ(done(beyond).length, 0U);
  beyond.offset = 5;
  EXPECT_EQ(failure(beyond).code, ErrorCode::kOutOfRange);
  done(write_of(shmid, "\xff"));
  ReadRequest as_text = read_of(shmid);
  as_text.text = true;
  EXPECT_EQ(failure(as_text).code, ErrorCode::kNotText);
}

TEST_F(DispatcherTest, AReadOnlyAttachmentRefusesWrites) {
  WriteRequest write;
  write.attachment = done(AttachRequest{.segment = by_id(create()), .read_only = true}).attachment;
  write.data = "x";
  EXPECT_EQ(failure(write).code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(failure(write).errno_value, EACCES);
}

TEST_F(DispatcherTest, ListEventsInfoAndPingTellTheStateAsOfTheirSeq) {
  ASSERT_TRUE(kernel.create(7, 10, Mode{0600}, false));
  create();
  const ListResult list = done(ListRequest{.shm_key = {}, .uid = {}, .after = {}, .limit = 1});
  EXPECT_EQ(list.segments.size(), 1U);
  EXPECT_TRUE(list.more);
  EXPECT_EQ(done(ListRequest{.shm_key = kKey, .uid = {}, .after = {}}).segments.size(), 1U);
  EXPECT_EQ(kinds_of(events()), (Kinds{EventKind::kCreated, EventKind::kCreated}));
  EXPECT_EQ(done(EventsRequest{.since = 1, .shm_key = {}, .shm_shmid = {}}).events.size(), 1U);
  EXPECT_EQ(failure(EventsRequest{.since = 3, .shm_key = {}, .shm_shmid = {}}).code, ErrorCode::kBadRequest);
  const InfoResult info = done(InfoRequest{});
  EXPECT_EQ(info.seq, 2U);
  EXPECT_EQ(info.usage.segments, 2U);
  EXPECT_TRUE(info.operations.size() == std::variant_size_v<Operation> && request(PingRequest{}).ok());
}

TEST_F(DispatcherTest, OnceActsOnceAndRemembersFailuresToo) {
  const Request creation = once(CreateRequest{.shm_key = kKey, .shm_segsz = 10, .exclusive = true});
  EXPECT_FALSE(send(creation).repeated);
  const Reply again = send(creation);
  EXPECT_TRUE(again.ok() && again.repeated);
  EXPECT_EQ(events().size(), 1U);
  EXPECT_EQ(error_in(send(once(CreateRequest{.shm_key = kKey, .shm_segsz = 11}))).code, ErrorCode::kBadRequest);
  caller.principal = "uid:1001";
  EXPECT_EQ(error_in(send(creation)).code, ErrorCode::kExists);
  ASSERT_TRUE(kernel.remove(kernel.find(kKey).value()));
  const Reply failed_again = send(creation);
  EXPECT_TRUE(failed_again.repeated);
  EXPECT_EQ(error_in(failed_again).code, ErrorCode::kExists);
  now += limits.once_lifetime;
  EXPECT_TRUE(send(creation).ok());
}

TEST_F(DispatcherTest, ARequestForAnotherEpochIsNotCarriedOutNorRemembered) {
  Request creation = once(CreateRequest{.shm_key = kKey, .shm_segsz = 10});
  creation.epoch = kEpoch + 1;
  EXPECT_EQ(error_in(send(creation)).code, ErrorCode::kEpochChanged);
  EXPECT_TRUE(events().empty());
  creation.epoch = kEpoch;
  EXPECT_FALSE(send(creation).repeated);
}

TEST_F(DispatcherTest, ABatchStopsAtTheFirstFailureOnlyIfItIsToAndAMalformedRequestFailsAlone) {
  const BatchItem malformed{.id = std::string("bad"), .request = request_of(CreateRequest{.shm_key = 9})};  // no size
  const std::vector<BatchItem> items{item(PingRequest{}), malformed, item(CreateRequest{.shm_key = 8, .shm_segsz = 1})};
  EXPECT_EQ(batch(items).replies.size(), 2U);
  EXPECT_TRUE(events().empty());
  const BatchResult all = batch(items, false);
  ASSERT_EQ(all.replies.size(), 3U);
  EXPECT_EQ(error_in(all.replies[1]).code, ErrorCode::kBadRequest);
  EXPECT_TRUE(all.replies[2].ok() && !all.replies[2].epoch && !all.replies[2].seq);
}

TEST_F(DispatcherTest, TextsInABatchCountAsTheyAreAndWhatIsLookedAtInVainToo) {
  constexpr std::size_t kSize = limits::kMaxDataBytes;
  const ShmId shmid = create(kKey, kSize);
  WriteRequest write = write_of(shmid, "xxxxxxxxx");
  done(write);
  ReadRequest read = read_of(shmid);
  read.text = true;
  const BatchResult texts = batch(std::vector<BatchItem>(1000, item(read)), false);
  ASSERT_EQ(texts.replies.size(), 1000U);
  EXPECT_TRUE(std::all_of(texts.replies.begin(), texts.replies.end(), [](const Reply& reply) { return reply.ok(); }));

  const std::string long_text(kSize - 5000, 'y');
  write.data = long_text;
  done(write);
  const BatchResult longer = batch({item(read), item(read), item(PingRequest{})}, false);
  EXPECT_EQ(std::get<ReadResult>(std::get<OperationResult>(longer.replies[0].outcome)).data, long_text);
  EXPECT_EQ(error_in(longer.replies[1]).code, ErrorCode::kTooLarge);
  EXPECT_TRUE(longer.replies[2].ok());

  write.offset = kSize - 6000;
  write.data = "\xff";
  done(write);
  const BatchResult none = batch({item(read), item(read)}, false);
  EXPECT_EQ(error_in(none.replies[0]).code, ErrorCode::kNotText);
  EXPECT_EQ(error_in(none.replies[1]).code, ErrorCode::kTooLarge);
}

TEST_F(DispatcherTest, TheReadsOfABatchShareTheRoomForData) {
  const ShmId large = create(kKey, limits::kMaxDataBytes);
  const ShmId small = create(8, 1);
  const BatchResult result = batch({item(read_of(large)), item(read_of(small)), item(PingRequest{})}, false);
  ASSERT_EQ(result.replies.size(), 3U);
  EXPECT_TRUE(result.replies[0].ok() && result.replies[2].ok());
  EXPECT_EQ(error_in(result.replies[1]).code, ErrorCode::kTooLarge);
}

TEST_F(DispatcherTest, TheKernelsFailuresReachTheCallerAndTheNextRequestIsServed) {
  for (const ErrorCode code : {ErrorCode::kNoMemory, ErrorCode::kInternal}) {
    kernel.fail_next({.code = code, .message = "injected"});
    EXPECT_EQ(failure(CreateRequest{.shm_key = kKey, .shm_segsz = 10}).code, code);
  }
  EXPECT_TRUE(events().empty());
  ReadRequest read;
  read.attachment = done(AttachRequest{.segment = by_id(create())}).attachment;
  kernel.fail_next({.code = ErrorCode::kNoMemory, .message = "0 of 100 bytes"});
  EXPECT_EQ(failure(read).code, ErrorCode::kNoMemory);
  EXPECT_EQ(done(read).length, 100U);
}

TEST_F(DispatcherTest, WhatIsNoRequestIsRefused) {
  EXPECT_EQ(error_in(decode_reply(handle("\xc1"), PingRequest{}).value()).code, ErrorCode::kBadRequest);
}

}  // namespace
}  // namespace shmbus::agent
