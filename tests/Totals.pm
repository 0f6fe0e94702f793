# What prove prints, and then one line alone: the totals. With LL_TEST_NO_SKIP=1 a skipped
# test is a failure.

package Totals;

use strict;
use warnings;
use parent 'TAP::Harness';

sub runtests {
	my $results = shift->SUPER::runtests(@_);
	my $skipped = $results->skipped;
	# A file skipped whole, "1..0 # SKIP", counts as one.
	$skipped += grep { $_->skip_all } $results->parsers($results->descriptions);
	# A file that dies after its last good line is one failure more than its lines show.
	my $failed = $results->failed;
	for my $file ($results->descriptions) {
		my ($parser) = $results->parsers($file);
		$failed++ if $parser->has_problems && !$parser->failed;
	}
	my $passed = $results->passed - $results->skipped;
	$failed += $skipped if $ENV{LL_TEST_NO_SKIP};
	print "$passed passed, $failed failed, $skipped skipped\n";
	exit 1 if $failed;
	return $results;
}

1;
