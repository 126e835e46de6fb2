#ifndef SAMVERKAN_TOOLS_STORY_TELLER_H_
#define SAMVERKAN_TOOLS_STORY_TELLER_H_

#include <ostream>
#include <string>

#include "tools/story/step.h"

namespace samverkan::story {

// Tells the steps of a story, a line each, and counts those that held.
class Teller {
 public:
  // `out` must outlive the teller.
  explicit Teller(std::ostream& out) : out_(out) {}

  // Begins a part of the story.
  void Chapter(const std::string& title);

  // Tells a step; below it what it shows, and everything that was not as expected.
  void Tell(const Step& step);

  // Ends the story: "story: 61 steps held, 0 failed". Returns whether all held.
  bool End() const;

  // Whether a service does not answer any more, so that going on is useless.
  bool Silenced() const { return silenced_; }

 private:
  std::ostream& out_;
  int held_ = 0;
  int failed_ = 0;
  bool silenced_ = false;
};

}  // namespace samverkan::story

#endif  // SAMVERKAN_TOOLS_STORY_TELLER_H_
