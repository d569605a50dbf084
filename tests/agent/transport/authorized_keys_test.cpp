#include "agent/transport/authorized_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <zmq.hpp>

#include "tests/agent/transport/guarded_server.hpp"
#include "tests/support/temporary_directory.hpp"

namespace shmbus::agent {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AuthorizedKeysTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& content, mode_t mode = 0644) {
    std::string path = directory.file(name);
    std::ofstream(path) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }
  Error refusal() {
    const Result<AuthorizedKeys> ring = AuthorizedKeys::load(directory.path());
    return ring.ok() ? Error{.message = "loaded"} : ring.error();
  }

  const TemporaryDirectory directory;
  const CurvePair ada = new_curve_pair();
  const CurvePair bob = new_curve_pair();
};

TEST_F(AuthorizedKeysTest, KnowsWhoseAKeyIs) {
  write("ada.key", public_key_file("ada", ada.public_key));
  write("bob.2-x_Y.key", bob.public_key, 0600);
  const Result<AuthorizedKeys> ring = AuthorizedKeys::load(directory.path());
  ASSERT_TRUE(ring) << ring.error().message;
  EXPECT_EQ(ring->size(), 2U);
  EXPECT_EQ(ring->name_of(ada.public_key), "ada");
  EXPECT_EQ(ring->name_of(bob.public_key), "bob.2-x_Y");
  EXPECT_EQ(ring->name_of(ada.secret_key), std::nullopt);
  EXPECT_EQ(ring->name_of(""), std::nullopt);
  EXPECT_TRUE(ring->has("ada"));
  EXPECT_FALSE(ring->has("ada.key"));
}

TEST_F(AuthorizedKeysTest, RemembersWhoseAKeyWasThatIsTakenAway) {
  const std::string path = write("ada.key", ada.public_key);
  AuthorizedKeys ring = AuthorizedKeys::load(directory.path()).value();
  std::filesystem::remove(path);
  for (int reread = 0; reread < 2; ++reread) {
    AuthorizedKeys next = AuthorizedKeys::load(directory.path()).value();
    next.remember(ring);
    ring = next;
    EXPECT_EQ(ring.name_of(ada.public_key), std::nullopt);
    EXPECT_EQ(ring.former_name_of(ada.public_key), "ada");
  }
  write("ada2.key", ada.public_key);
  AuthorizedKeys given_again = AuthorizedKeys::load(directory.path()).value();
  given_again.remember(ring);
  EXPECT_EQ(given_again.name_of(ada.public_key), "ada2");
  EXPECT_EQ(given_again.former_name_of(ada.public_key), std::nullopt);
}

TEST_F(AuthorizedKeysTest, KnowsAKeyByItsBytes) {
  write("ada.key", ada.public_key);
  std::string bytes(kCurveKeyBytes, '\0');
  ASSERT_NE(zmq_z85_decode(reinterpret_cast<std::uint8_t*>(bytes.data()), ada.public_key.c_str()), nullptr);
  EXPECT_EQ(AuthorizedKeys::load(directory.path())->name_of(bytes), "ada");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  EXPECT_EQ(AuthorizedKeys::load(directory.path())->name_of(bytes), std::nullopt);
}

TEST_F(AuthorizedKeysTest, IsEmptyWhereThereAreNoKeys) {
  write("README", "not a key");
  write("ada.key~", "an editor's");
  write("ada.secret", key_pair_file("ada", ada), 0600);
  EXPECT_EQ(AuthorizedKeys::load(directory.path())->size(), 0U);
  EXPECT_EQ(AuthorizedKeys().name_of(ada.public_key), std::nullopt);
}

TEST_F(AuthorizedKeysTest, NamesTheFileAndTheLineThatAreWrong) {
  write("ada.key", ada.public_key);
  write("bob.key", "# bob\nsecret " + bob.secret_key);
  EXPECT_THAT(refusal().message, AllOf(HasSubstr("/bob.key, line 2"), Not(HasSubstr(bob.secret_key))));
  write("bob.key", "");
  EXPECT_THAT(refusal().message, HasSubstr("/bob.key: there is no public key"));
  write("bob.key", std::string(kMostKeyFileBytes + 1, '\n'));
  EXPECT_THAT(refusal().message, HasSubstr("/bob.key has more than"));
}

TEST_F(AuthorizedKeysTest, HasEachKeyUnderOneName) {
  write("ada.key", ada.public_key);
  write("eve.key", ada.public_key);
  EXPECT_EQ(refusal().code, ErrorCode::kBadRequest);
  EXPECT_THAT(refusal().message, AllOf(HasSubstr("eve.key"), HasSubstr("ada.key")));
}

TEST_F(AuthorizedKeysTest, RefusesNamesThatAreNone) {
  for (const std::string& name : {std::string(".key"), std::string("a b.key"), std::string(65, 'x').append(".key")}) {
    const std::string path = write(name, ada.public_key);
    EXPECT_THAT(refusal().message, HasSubstr("is not a valid key name")) << name;
    std::filesystem::remove(path);
  }
}

TEST_F(AuthorizedKeysTest, RefusesWhatOthersMightHaveWritten) {
  const std::string path = write("ada.key", ada.public_key, 0664);
  EXPECT_THAT(refusal().message, HasSubstr("other users can modify it"));
  ::chmod(path.c_str(), 0644);
  ::chmod(directory.path().c_str(), 0777);
  EXPECT_THAT(refusal().message, HasSubstr("other users can replace"));
  ::chmod(directory.path().c_str(), 0700);
  EXPECT_EQ(refusal().message, "loaded");
  std::filesystem::create_symlink(path, directory.file("eve.key"));
  EXPECT_THAT(refusal().message, HasSubstr("eve.key was rejected: it is a symbolic link"));
  EXPECT_EQ(AuthorizedKeys::load(directory.file("none")).error().code, ErrorCode::kNotFound);
}

TEST_F(AuthorizedKeysTest, TheAgentsOwnPairIsPrivateAndAPair) {
  EXPECT_EQ(*read_curve_secret(write("own.secret", key_pair_file("own", ada), 0600)), ada);
  EXPECT_THAT(read_curve_secret(write("open.secret", key_pair_file("own", ada), 0640)).error().message,
              HasSubstr("other users can access it"));
  EXPECT_THAT(read_curve_secret(write("mixed.secret", key_pair_file("own", {ada.public_key, bob.secret_key}), 0600))
                  .error()
                  .message,
              HasSubstr("do not belong together"));
  EXPECT_THAT(read_curve_secret(write("half.secret", ada.public_key, 0600)).error().message, HasSubstr("line 1"));
}

}  // namespace
}  // namespace shmbus::agent
