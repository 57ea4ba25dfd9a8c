"""What makes a product of the way of a post: tables, routes, jobs and progress."""
