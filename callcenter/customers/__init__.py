"""Customers: records, the index of their numbers, import. Who is it that calls?"""
