#include "protocol/client/security/curve.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include "protocol/client/event_stream.hpp"
#include "protocol/codec/events.hpp"
#include "protocol/codec/replies.hpp"
#include "protocol/codec/requests.hpp"
#include "tests/support/scripted_agent.hpp"

namespace shmbus {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class CurveFiles : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& content, mode_t mode) const {
    std::string path = directory.file(name);
    std::ofstream(path) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }

  const TemporaryDirectory directory;
  const CurvePair ada = *make_curve_pair();
  const CurvePair bob = *make_curve_pair();
};

TEST_F(CurveFiles, APairIsNewEachTime) {
  EXPECT_NE(ada.secret_key, bob.secret_key);
  for (const std::string& key : {ada.public_key, ada.secret_key, bob.public_key, bob.secret_key}) {
    EXPECT_TRUE(is_curve_key(key)) << key;
  }
}

TEST_F(CurveFiles, ThePairIsInAFileOfItsOwnersAlone) {
  const std::string content = key_pair_file("ada", ada);
  EXPECT_EQ(*read_curve_pair(write("ada.secret", content, 0600)), ada);
  EXPECT_EQ(*read_curve_pair(write("readonly.secret", content, 0400)), ada);
  for (const mode_t mode : {0640U, 0604U, 0620U, 0644U}) {
    const Result<CurvePair> pair = read_curve_pair(write("open.secret", content, mode));
    ASSERT_FALSE(pair) << mode;
    EXPECT_EQ(pair.error().code, ErrorCode::kBadRequest);
    EXPECT_THAT(pair.error().message, HasSubstr("open.secret was rejected: other users can access it"));
    EXPECT_THAT(pair.error().hint, HasSubstr("chmod 0600 "));
  }
}

TEST_F(CurveFiles, ThePairBelongsTogether) {
  const std::string mixed = key_pair_file("ada", {ada.public_key, bob.secret_key});
  EXPECT_THAT(read_curve_pair(write("mixed", mixed, 0600)).error().message, HasSubstr("do not belong together"));
}

TEST_F(CurveFiles, TheAgentsKeyIsGivenAsItselfOrInAFile) {
  EXPECT_EQ(*read_curve_server(ada.public_key), ada.public_key);
  EXPECT_EQ(*read_curve_server(write("agent.key", public_key_file("agent", ada.public_key), 0644)), ada.public_key);
  EXPECT_THAT(read_curve_server(write("open.key", ada.public_key, 0664)).error().message,
              HasSubstr("other users can modify it"));
  EXPECT_THAT(read_curve_server(write("agent.secret", key_pair_file("agent", ada), 0600)).error().message,
              AllOf(HasSubstr("line 2"), Not(HasSubstr(ada.secret_key))));
}

TEST_F(CurveFiles, ThatAreNoneAreABadRequest) {
  ASSERT_EQ(::mkfifo(directory.file("fifo").c_str(), 0600), 0);
  for (const std::string& path :
       {directory.file("none"), directory.path(), directory.file("fifo"), std::string("/dev/null"),
        write("empty", "", 0600), write("large", std::string(100'000, '\n'), 0600), std::string()}) {
    EXPECT_EQ(read_curve_pair(path).error().code, ErrorCode::kBadRequest) << path;
    EXPECT_EQ(read_curve_server(path).error().code, ErrorCode::kBadRequest) << path;
  }
}

TEST_F(CurveFiles, OfAnotherUserAreRefused) {
  const std::string path = write("ada.secret", key_pair_file("ada", ada), 0600);
  if (::chown(path.c_str(), 12345, 12345) != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  EXPECT_THAT(read_curve_pair(path).error().message, HasSubstr("is owned by uid 12345"));
}

// An agent on TCP that has a pair and, without a ZAP handler, lets in whoever knows its public key.
class AnAgentWithKeys : public testing::Test {
 protected:
  static Endpoint bind(zmq::socket_t& socket, const CurvePair& own) {
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::curve_server, true);
    socket.set(zmq::sockopt::curve_secretkey, own.secret_key);
    socket.bind("tcp://127.0.0.1:*");
    return {socket.get(zmq::sockopt::last_endpoint)};
  }

  // Answers `requests` in a thread of its own, and a subscription to a sync topic before the first.
  std::future<void> serve(int requests, bool with_events) {
    return std::async(std::launch::async, [this, requests, with_events] {
      std::array<zmq::pollitem_t, 1> item{};
      if (with_events) {
        zmq::message_t subscription;
        do {
          item[0] = {xpub.handle(), 0, ZMQ_POLLIN, 0};
          if (zmq::poll(item.data(), 1, kPatience) == 0) {
            return;
          }
          static_cast<void>(xpub.recv(subscription, zmq::recv_flags::dontwait));
        } while (!is_sync_topic(subscription.to_string_view().substr(1)));
        xpub.send(zmq::buffer(subscription.to_string_view().substr(1)), zmq::send_flags::sndmore);
        xpub.send(zmq::buffer(encode_notice({.epoch = kEpoch, .seq = 0, .host = {}, .time_ns = {}})),
                  zmq::send_flags::none);
      }
      for (int i = 0; i < requests; ++i) {
        zmq::message_t frame;
        item[0] = {rep.handle(), 0, ZMQ_POLLIN, 0};
        if (zmq::poll(item.data(), 1, kPatience) == 0 || !rep.recv(frame, zmq::recv_flags::dontwait)) {
          return;
        }
        const DecodedRequest request = decode_request(frame.to_string());
        std::variant<OperationResult, Error> outcome = OperationResult(PingResult{});
        if (asked<ListRequest>(request) != nullptr) {
          outcome = OperationResult(ListResult{});
        }
        rep.send(zmq::buffer(reply_to(request, outcome, kEpoch)), zmq::send_flags::none);
      }
    });
  }

  const CurvePair agent = *make_curve_pair();
  const CurvePair own = *make_curve_pair();
  zmq::context_t context;
  zmq::socket_t rep{context, zmq::socket_type::rep};
  zmq::socket_t xpub{context, zmq::socket_type::xpub};
  const Endpoint commands = bind(rep, agent);
  const Endpoint events = bind(xpub, agent);
};

TEST_F(AnAgentWithKeys, IsAskedAndFollowedWithThem) {
  const CurveClient curve{agent.public_key, own};
  Client client = *Client::open({.commands = commands, .timeout = kPatience, .curve = curve});
  const std::future<void> served = serve(2, true);
  const auto stream = EventStream::open({.events = events, .connect_timeout = kPatience, .curve = curve}, client);
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_TRUE(client.call(PingRequest{}));
}

TEST_F(AnAgentWithKeys, AsksForThem) {
  Client keyless = *Client::open({.commands = commands, .timeout = kPatience});
  for (int i = 0; i < 2; ++i) {
    const Result<PingResult> answer = keyless.call(PingRequest{});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kPermissionDenied);
    EXPECT_THAT(answer.error().message, AllOf(HasSubstr(commands.address), HasSubstr("requires a key")));
  }
  const auto stream = EventStream::open({.events = events, .connect_timeout = kPatience}, keyless);
  ASSERT_FALSE(stream);
  EXPECT_THAT(stream.error().message, AllOf(HasSubstr(events.address), HasSubstr("requires a key")));
}

// What a ZAP handler that allows nobody answers (RFC 27).
TEST_F(AnAgentWithKeys, TellsThatAKeyIsNotAllowed) {
  zmq::socket_t handler(context, zmq::socket_type::rep);
  handler.bind("inproc://zeromq.zap.01");
  const std::future<void> refused = std::async(std::launch::async, [&handler] {
    std::array<zmq::pollitem_t, 1> item{{{handler.handle(), 0, ZMQ_POLLIN, 0}}};
    zmq::poll(item.data(), 1, kPatience);
    zmq::message_t frame;
    while (handler.recv(frame, zmq::recv_flags::dontwait) && frame.more()) {
    }
    for (const std::string part : {"1.0", "1", "400", "no", ""}) {
      handler.send(zmq::buffer(part), zmq::send_flags::sndmore);
    }
    handler.send(zmq::message_t(), zmq::send_flags::none);
  });
  const CurveClient curve{agent.public_key, own};
  Client client = *Client::open({.commands = commands, .timeout = kPatience, .curve = curve});
  const Result<PingResult> answer = client.call(PingRequest{});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(answer.error().message, HasSubstr("does not accept this key"));
}

TEST_F(AnAgentWithKeys, IsNotTakenForAnother) {
  Client client =
      *Client::open({.commands = commands, .timeout = kPatience, .curve = CurveClient{own.public_key, own}});
  const Result<PingResult> answer = client.call(PingRequest{});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(answer.error().message, HasSubstr("--curve-server is probably not its public key"));
}

TEST(AnAgentWithoutKeys, CanNotProveThatItIsOne) {
  zmq::context_t context;
  zmq::socket_t rep(context, zmq::socket_type::rep);
  rep.bind("tcp://127.0.0.1:*");
  const CurveClient curve{make_curve_pair()->public_key, *make_curve_pair()};
  Client client =
      *Client::open({.commands = {rep.get(zmq::sockopt::last_endpoint)}, .timeout = kPatience, .curve = curve});
  EXPECT_THAT(client.call(PingRequest{}).error().message, HasSubstr("does not use keys"));
}

TEST_F(AnAgentWithKeys, NeedsKeysThatAreKeys) {
  for (const CurveClient& wrong : {CurveClient{"short", own}, {agent.public_key, {own.public_key, ""}}, {}}) {
    const Result<Client> client = Client::open({.commands = commands, .curve = wrong});
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code, ErrorCode::kBadRequest);
  }
}

TEST(ALocalAgent, NeedsNoKeys) {
  const CurveClient curve{make_curve_pair()->public_key, *make_curve_pair()};
  const ScriptedAgent agent([](const DecodedRequest& request, int /*nth*/) -> std::vector<std::string> {
    return {reply_to(request, PingResult{}, kEpoch)};
  });
  Client client = *Client::open({.commands = agent.commands(), .timeout = kPatience, .curve = curve});
  EXPECT_TRUE(client.call(PingRequest{}));
}

}  // namespace
}  // namespace shmbus
